#include "wsel/optim/optimizer_options.h"

#include "wsel/core/check.h"

namespace wsel::optim {

const Registry<OptimizerName>& Optimizers() {
  static constexpr Registered<OptimizerName> kRows[] = {
      {OptimizerName::kAdamW, "adamw"},
      {OptimizerName::kSgd, "sgd"},
      {OptimizerName::kLamb, "lamb"},
      {OptimizerName::kMuon, "muon"}};
  static constexpr Registry<OptimizerName> kRegistry("optimizer", kRows);
  return kRegistry;
}

OptimizerOptions DefaultsOf(OptimizerName name) {
  OptimizerOptions options;
  options.name = name;
  if (name == OptimizerName::kLamb) options.eps = 1e-6;
  if (name == OptimizerName::kMuon) {
    options.eps = 1e-7;
    options.beta2 = 0.95;
  }
  return options;
}

AdamWOptions AdamWOf(const OptimizerOptions& options) {
  return {options.beta1, options.beta2, options.eps, options.weight_decay};
}

void Validate(const OptimizerOptions& options) {
  Validate(AdamWOf(options));
  CheckBelowOne("momentum", options.momentum);
}

}  // namespace wsel::optim
