// Torch-free.
#pragma once

#include "wsel/core/registry.h"

namespace wsel::train {

// What is minimised: of the logits and the soft targets, which label smoothing
// and mixup make for each of them alike.
enum class LossName {
  kCrossEntropy,  // timm's SoftTargetCrossEntropy
  kBce,           // binary cross-entropy of each class, timm's
  kFocal,         // focal loss of each class (Lin et al. 2017), torchvision's
};
// cross-entropy, bce, focal
const Registry<LossName>& Losses();

// Binary losses compare each class with the rest.
struct LossOptions {
  LossName name = LossName::kCrossEntropy;
  // Of kBce and kFocal: targets above it are 1, the others 0, as timm's
  // target_threshold; 0: they stay soft.
  double target_threshold = 0;
  // Of kBce and kFocal: the sum over the classes instead of their mean.
  bool sum_classes = false;
  // kFocal: the weight of 1 against 0, from 0 to 1; -1: both count alike.
  double focal_alpha = 0.25;
  double focal_gamma = 2;  // exponent of 1 - the target's probability
};

// Errors: kConfig, naming the key ("loss.focal_alpha"): a value out of range.
void Validate(const LossOptions& options);

}  // namespace wsel::train
