// Torch-free.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wsel/checkpoint/checkpoint.h"
#include "wsel/model/detect.h"
#include "wsel/naming/remap_state_dict.h"
#include "wsel/pretrained/beside.h"
#include "wsel/pretrained/published.h"

namespace wsel::pretrained {

// An open checkpoint, its tensors under timm's names, and its model.
struct PretrainedCheckpoint {
  std::unique_ptr<checkpoint::Checkpoint> file;
  naming::RemappedStateDict remapped;  // points into `file`
  // Of a file that this program did not write: what the module that it holds
  // states, and what lies beside it.
  model::Hints stated;
  Beside beside;
  // The model that config.json or the path names; `beside` has its facts too.
  std::optional<Published> published;
  std::optional<model::Detection> model;
  // Why there is no `model`, if a tensor shows that it is an unsupported one.
  std::string unsupported_reason;
};

// Opens a checkpoint and detects its model: from the metadata that this program
// writes, else from names and shapes, what lies beside it, the published model
// that it is named after, and the source library. Of several copies of the
// weights it takes the one that `copy` names. `num_heads`: the user's, of a
// ViT without them in its metadata; 0: not given. Errors: kIo, kFormat.
PretrainedCheckpoint Open(const std::string& path,
                          const naming::CopyChoice& copy = {},
                          int64_t num_heads = 0);

// Errors: kMismatch if no copy of the weights could be chosen, or if there is
// an unexpected key or an unsupported tensor among them.
void RequireSupportedKeys(const PretrainedCheckpoint& checkpoint);

// Why there is no `model`: the reason, or the known model with the most similar
// names and what differs.
std::string WhyUnknown(const PretrainedCheckpoint& checkpoint);

// Errors: kMismatch, with the reason, if the model is unknown; and as
// RequireSupportedKeys.
const model::Detection& RequireModel(const PretrainedCheckpoint& checkpoint);

// To be called before a model's outputs are computed, or its configuration is
// written. Errors: kMismatch if its number of heads is only a guess.
void RequireKnownHeads(const PretrainedCheckpoint& checkpoint);

// The tensors of the detected, or of a given model that the file lacks or has
// in another shape.
std::vector<std::string> MissingKeys(const PretrainedCheckpoint& checkpoint);
std::vector<std::string> MissingKeys(const PretrainedCheckpoint& checkpoint,
                                     const model::Config& config);

// Errors: kMismatch naming the first of them.
void RequireAllKeys(const PretrainedCheckpoint& checkpoint,
                    const model::Config& config);

// Which copy of the weights is used, "the weights under 'model_ema.', not those
// under 'model.' ..."; "" if the file has only one, without a prefix.
std::string DescribeCopy(const naming::RemappedStateDict& remapped);

// Logs which copy of the weights is used, the tensors of a file that are
// ignored or unsupported, one line per reason, and what was assumed about the
// others: nothing, if the user gives the model.
void LogLoadReport(const PretrainedCheckpoint& checkpoint,
                   bool model_given = false);

// Errors: kMismatch naming an unexpected key, that is a tensor that the model
// lacks: without it the others would compute something else.
void RequireNoUnexpectedKeys(const PretrainedCheckpoint& checkpoint,
                             const model::Config& config);

// The model that a checkpoint's file name names ("vit_small_patch16_224.pth"),
// for dry runs without the file; nullopt if it names none.
std::optional<model::Config> ModelByFileName(const std::string& path);

}  // namespace wsel::pretrained
