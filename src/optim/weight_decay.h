// Torch-free.
#pragma once

#include "wsel/tensor/spec.h"

namespace wsel::optim {

// Whether weight decay applies to a parameter under timm's name: not to tensors
// with at most one dimension (norms, layer scales), biases, pos_embed,
// cls_token, dist_token and reg_token. The rule of timm's
// param_groups_weight_decay with no_weight_decay of its ViT, and of the
// official get_parameter_groups.
bool HasWeightDecay(const TensorSpec& parameter);

}  // namespace wsel::optim
