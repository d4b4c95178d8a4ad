// Torch-free.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wsel/checkpoint/checkpoint.h"
#include "wsel/model/detect.h"
#include "wsel/naming/remap_state_dict.h"

namespace wsel::pretrained {

// An open checkpoint, its tensors under timm's names, and its model.
struct PretrainedCheckpoint {
  std::unique_ptr<checkpoint::Checkpoint> file;
  naming::RemappedStateDict remapped;  // points into `file`
  std::optional<model::Detection> model;
  // Why there is no `model`, if a tensor shows that it is an unsupported one.
  std::string unsupported_reason;
};

// Opens a checkpoint and detects its model: from the metadata that this program
// writes, else from names, shapes and source library. Errors: kIo, kFormat.
PretrainedCheckpoint Open(const std::string& path);

// Errors: kMismatch, with the reason, if the model is unknown or the file has
// an unexpected key or an unsupported tensor among the weights.
const model::Detection& RequireModel(const PretrainedCheckpoint& checkpoint);

// The model's tensors that the file lacks or has in another shape.
std::vector<std::string> MissingKeys(const PretrainedCheckpoint& checkpoint);

// Logs the tensors of a file that are ignored or unsupported, one line per
// reason, and what was assumed about the others.
void LogLoadReport(const PretrainedCheckpoint& checkpoint);

// Errors: kMismatch naming an unexpected key, that is a tensor that the model
// lacks: without it the others would compute something else.
void RequireNoUnexpectedKeys(const PretrainedCheckpoint& checkpoint,
                             const model::Config& config);

// The model that a checkpoint's file name names ("vit_small_patch16_224.pth"),
// for dry runs without the file; nullopt if it names none.
std::optional<model::Config> ModelByFileName(const std::string& path);

}  // namespace wsel::pretrained
