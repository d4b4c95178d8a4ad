// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "wsel/checkpoint/checkpoint.h"
#include "wsel/model/detect.h"
#include "wsel/naming/remap_state_dict.h"

namespace wsel::pretrained {

// What a file that holds a whole module, pickled or as TorchScript, states of
// it beside its tensors. Attributes have the names of timm's, torchvision's,
// open_clip's and Hugging Face's modules.
struct ModuleAttributes {
  model::Hints hints = {};
  // What changes the outputs and is not supported, a sentence each.
  std::vector<std::string> unsupported = {};
};
ModuleAttributes AttributesOf(const checkpoint::Checkpoint& file,
                              const naming::RemappedStateDict& remapped);

}  // namespace wsel::pretrained
