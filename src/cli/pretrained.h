// Torch-free.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wsel/checkpoint/checkpoint.h"
#include "wsel/image/normalisation.h"
#include "wsel/model/detect.h"
#include "wsel/naming/remap_state_dict.h"
#include "wsel/run/metadata_keys.h"

namespace wsel::cli {

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
PretrainedCheckpoint OpenPretrained(const std::string& path);

// Errors: kMismatch, with the reason, if the model is unknown or the file has
// an unexpected key or an unsupported tensor among the weights.
const model::Detection& RequireModel(const PretrainedCheckpoint& pretrained);

// The model's tensors that the file lacks or has in another shape.
std::vector<std::string> MissingKeys(const PretrainedCheckpoint& pretrained);

// The mean (kMeanKey) or std (kStdKey) of the images that the weights were
// trained on, as JSON: from the file's metadata, else the source library's,
// else nullopt.
std::optional<std::string> PretrainedMeanOrStd(
    const PretrainedCheckpoint& pretrained, const std::string& key);

// "[0.5,0.5,0.5]", as PretrainedMeanOrStd gives it. Errors: kFormat at `where`.
std::array<double, 3> ParseRgbTriple(const std::string& json,
                                     const std::string& where);

// The same two; ImageNet's if unknown. Errors: as ParseRgbTriple.
image::Normalisation PretrainedMeanStd(const PretrainedCheckpoint& pretrained);

using run::kClassesKey;
using run::kGenericKey;
using run::kMeanKey;
using run::kModelKey;
using run::kStdKey;

}  // namespace wsel::cli
