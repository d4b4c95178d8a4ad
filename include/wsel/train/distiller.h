#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>

#include "wsel/nn/network.h"
#include "wsel/optim/named_tensors.h"
#include "wsel/train/loss.h"
#include "wsel/train/options.h"

namespace wsel::train {

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

// Scalars.
struct DistillationLoss {
  at::Tensor loss;     // what is minimised
  at::Tensor kd_loss;  // its distillation term, weighted by alpha
};

// The distillation loss of a student, with its projector if it needs one.
class Distiller {
 public:
  // `student_width` and `teacher_width` are those of the features. kFeature
  // compares them through a projector, timm's Mlp: student_width ->
  // teacher_width -> teacher_width with GELU. Its weights are initialised with
  // `seed`, as timm initialises a ViT's. `task`: the loss of the labels.
  Distiller(const DistillOptions& options, int64_t student_width,
            int64_t teacher_width, uint64_t seed, const c10::Device& device,
            const LossOptions& task = {});

  // The projector's: "distill.fc1.weight" and so on. Trained with the
  // student's, but not part of it. Empty unless the method is kFeature.
  const optim::NamedTensors& parameters() const { return projector_; }

  // The mean over a batch. `targets` [B, classes], soft. `teacher_output`
  // [B, width]: the teacher's logits or features. `valid`, `pos_weight`: as in
  // MicroBatch; images that are not valid contribute 0.
  DistillationLoss Loss(const nn::Outputs& student, const at::Tensor& targets,
                        const at::Tensor& teacher_output,
                        const at::Tensor& valid = {},
                        const at::Tensor& pos_weight = {}) const;

 private:
  // Before it is weighted by alpha: of all images, and of those in `valid`.
  at::Tensor KdLoss(const nn::Outputs& student,
                    const at::Tensor& teacher_output) const;
  at::Tensor ValidKdLoss(const nn::Outputs& student,
                         const at::Tensor& teacher_output,
                         const at::Tensor& valid) const;

  DistillOptions options_;
  LossOptions task_;
  optim::NamedTensors projector_;
};

}  // namespace wsel::train
