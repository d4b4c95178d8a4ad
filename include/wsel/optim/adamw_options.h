// Torch-free.
#pragma once

#include "wsel/tensor/spec.h"

namespace wsel::optim {

// Names and defaults of torch.optim.AdamW, except for the paper's weight decay.
struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  // Constant during training; multiplied by the learning rate in each step.
  // Applies only to parameters that HasWeightDecay.
  double weight_decay = 0.05;
};

// Errors: kConfig naming the field: a beta outside [0, 1), a negative eps or
// weight decay.
void Validate(const AdamWOptions& options);

// Whether weight decay applies to a parameter under timm's name: not to tensors
// with at most one dimension (norms, layer scales), biases, pos_embed,
// cls_token, dist_token, reg_token and rope.freqs. The rule of timm's
// param_groups_weight_decay with no_weight_decay of its ViT, and of the
// official get_parameter_groups.
bool HasWeightDecay(const TensorSpec& parameter);

}  // namespace wsel::optim
