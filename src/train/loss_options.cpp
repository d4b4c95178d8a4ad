#include "wsel/train/loss_options.h"

#include "wsel/core/check.h"

namespace wsel::train {

const Registry<LossName>& Losses() {
  static constexpr Registered<LossName> kRows[] = {
      {LossName::kCrossEntropy, "cross-entropy"},
      {LossName::kBce, "bce"},
      {LossName::kFocal, "focal"}};
  static constexpr Registry<LossName> kRegistry("loss", kRows);
  return kRegistry;
}

void Validate(const LossOptions& options) {
  CheckBelowOne("loss.target_threshold", options.target_threshold);
  if (options.focal_alpha != -1) {
    CheckRealBetween("loss.focal_alpha", options.focal_alpha, 0, 1);
  }
  CheckRealBetween("loss.focal_gamma", options.focal_gamma, 0, 100);
}

}  // namespace wsel::train
