// Torch-free.
#pragma once

#include "wsel/core/registry.h"
#include "wsel/optim/adamw_options.h"

namespace wsel::optim {

enum class OptimizerName {
  kAdamW,
  kSgd,   // with momentum
  kLamb,  // You et al. 2020
  kMuon,  // Jordan et al. 2024; AdamW for what is not a matrix
};
// adamw, sgd, lamb, muon
const Registry<OptimizerName>& Optimizers();

// Defaults are AdamW's; DefaultsOf has those of the others.
struct OptimizerOptions {
  OptimizerName name = OptimizerName::kAdamW;
  double beta1 = 0.9;          // not of SGD
  double beta2 = 0.999;        // not of SGD
  double eps = 1e-8;           // not of SGD
  double weight_decay = 0.05;  // as AdamWOptions
  double momentum = 0.9;       // of SGD and Muon
  bool nesterov = true;        // of SGD
};

// The options that timm 1.0.31 creates an optimizer with: LAMB has another eps,
// Muon another eps and beta2.
OptimizerOptions DefaultsOf(OptimizerName name);

AdamWOptions AdamWOf(const OptimizerOptions& options);

// Errors: kConfig naming the field: as Validate(AdamWOptions), and a momentum
// outside [0, 1).
void Validate(const OptimizerOptions& options);

}  // namespace wsel::optim
