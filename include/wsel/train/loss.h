#pragma once

#include <ATen/core/Tensor.h>

#include "wsel/train/loss_options.h"

namespace wsel::train {

// Cross-entropy with soft targets, the mean over the batch, in float32 whatever
// the dtype of the logits: timm's SoftTargetCrossEntropy. logits, targets
// [B, classes] -> scalar.
at::Tensor SoftTargetCrossEntropy(const at::Tensor& logits,
                                  const at::Tensor& targets);

// The loss of options.name, the mean over the batch, in float32. logits,
// targets [B, classes] -> scalar. `valid` [B] bool, on the CPU: an image for
// which it is false contributes 0; undefined: all are true. Sources:
// BinaryCrossEntropy of timm 1.0.31, sigmoid_focal_loss of torchvision 0.26.
// `pos_weight` [classes]: of kBce and kFocal, the weight of targets of 1 in the
// binary cross-entropy, as in torch's BCEWithLogitsLoss; undefined: 1.
at::Tensor TaskLoss(const at::Tensor& logits, const at::Tensor& targets,
                    const LossOptions& options, const at::Tensor& valid = {},
                    const at::Tensor& pos_weight = {});

}  // namespace wsel::train
