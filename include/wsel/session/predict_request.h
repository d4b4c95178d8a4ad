// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wsel/pretrained/checkpoint_request.h"

namespace wsel::session {

// Image files to classify by a checkpoint's model.
struct PredictRequest {
  pretrained::CheckpointRequest checkpoint;
  std::vector<std::string> inputs;  // image files, and folders of them
  bool exif = false;  // turn images upright first, which timm does not
  // Classes per image, at most all; none: 5, or all above the threshold.
  std::optional<int64_t> top;
  // Probabilities are sigmoids, and classes are those above it. None: 0.5 for
  // checkpoints of multi-label training; others have softmaxes.
  std::optional<double> threshold;
  int64_t workers = -1;
  bool skip_corrupt = false;
};

}  // namespace wsel::session
