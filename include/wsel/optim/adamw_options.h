// Torch-free.
#pragma once

namespace wsel::optim {

// Names and defaults of torch.optim.AdamW, except for the paper's weight decay.
struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  // Constant during training; multiplied by the learning rate in each step.
  // Applies only to parameters that HasWeightDecay (weight_decay.h).
  double weight_decay = 0.05;
};

// Errors: kConfig naming the field: a beta outside [0, 1), a negative eps or
// weight decay.
void Validate(const AdamWOptions& options);

}  // namespace wsel::optim
