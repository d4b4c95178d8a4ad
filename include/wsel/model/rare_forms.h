// Torch-free.
#pragma once

#include <string_view>
#include <vector>

#include "wsel/model/vit_config.h"

namespace wsel::model {

// The forms of a ViT that few models have, in words: "RMSNorm", "rotary
// positions". The modules of nn have them; an ONNX graph, which computes a ViT
// by other means, does not.
std::vector<std::string_view> RareForms(const VitConfig& config);

}  // namespace wsel::model
