// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/pretrained/checkpoint_request.h"

namespace wsel::session {

// Image files to classify by a checkpoint's model.
struct PredictRequest {
  pretrained::CheckpointRequest checkpoint;
  std::vector<std::string> inputs;  // image files, and folders of them
  bool exif = false;  // turn images upright first, which timm does not
  int64_t top = 5;    // classes per image; at most all
  int64_t workers = -1;
  bool skip_corrupt = false;
};

}  // namespace wsel::session
