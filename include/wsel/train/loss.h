#pragma once

#include <ATen/core/Tensor.h>

namespace wsel::train {

// Cross-entropy with soft targets, the mean over the batch, in float32 whatever
// the dtype of the logits: timm's SoftTargetCrossEntropy. logits, targets
// [B, classes] -> scalar.
at::Tensor SoftTargetCrossEntropy(const at::Tensor& logits,
                                  const at::Tensor& targets);

// T^2 KL(p_t || p_s) of the softmaxes at temperature T, the mean over the batch
// (Hinton et al. 2015). Logits [B, classes] -> scalar, float32.
at::Tensor DistillationKl(const at::Tensor& student, const at::Tensor& teacher,
                          double temperature);

// Cross-entropy with the teacher's most likely classes, the mean over the
// batch: DeiT's hard distillation. Logits [B, classes] -> scalar, float32.
at::Tensor HardDistillation(const at::Tensor& student,
                            const at::Tensor& teacher);

// The mean of |teacher - student|, both [B, D] -> scalar, float32.
at::Tensor FeatureL1(const at::Tensor& student, const at::Tensor& teacher);

}  // namespace wsel::train
