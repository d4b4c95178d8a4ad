// Torch-free.
#pragma once

namespace wsel::optim {

// Names and defaults are torch.optim.AdamW's, but for the paper's decay.
struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  // Constant over the training, times the learning rate in each step; only
  // where TakesWeightDecay (weight_decay.h).
  double weight_decay = 0.05;
};

// Errors: kConfig at the option: a beta outside of [0, 1), a negative eps or
// decay.
void Validate(const AdamWOptions& options);

}  // namespace wsel::optim
