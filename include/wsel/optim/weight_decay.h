// Torch-free.
#pragma once

#include "wsel/tensor/spec.h"

namespace wsel::optim {

// Whether weight decay applies to a parameter, called as in timm: not to
// tensors of one dimension or none (norms, layer scales), biases, pos_embed
// and the tokens cls_token, dist_token, reg_token. The rule of timm's
// param_groups_weight_decay with no_weight_decay of its ViT, and of the
// official get_parameter_groups.
bool TakesWeightDecay(const TensorSpec& parameter);

}  // namespace wsel::optim
