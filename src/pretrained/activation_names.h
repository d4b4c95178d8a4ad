// Torch-free.
#pragma once

#include <optional>
#include <string_view>

#include "wsel/model/vit_config.h"

namespace wsel::pretrained {

// The activation of that name in timm or transformers ("gelu_pytorch_tanh");
// nullopt if no model here has it.
std::optional<model::Activation> ActivationNamed(std::string_view name);

}  // namespace wsel::pretrained
