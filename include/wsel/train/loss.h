#pragma once

#include <ATen/core/Tensor.h>

namespace wsel::train {

// Cross-entropy with soft targets, the mean over the batch, in float32 whatever
// the logits are: timm's SoftTargetCrossEntropy. logits, targets [B, classes]
// -> scalar.
at::Tensor SoftTargetCrossEntropy(const at::Tensor& logits,
                                  const at::Tensor& targets);

}  // namespace wsel::train
