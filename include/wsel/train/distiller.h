#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>

#include "wsel/model/outputs.h"
#include "wsel/optim/named_tensors.h"
#include "wsel/train/options.h"

namespace wsel::train {

// A loss and the part of it that a teacher has; scalars.
struct DistilledLoss {
  at::Tensor total;
  at::Tensor taught;
};

// The student's half of a distillation.
class Distiller {
 public:
  // `student_width` and `teacher_width`: of the features that kFeature compares
  // through timm's Mlp, student_width -> teacher_width -> teacher_width with
  // GELU. Its weights are drawn by `seed` as timm draws a ViT's.
  Distiller(const DistillOptions& options, int64_t student_width,
            int64_t teacher_width, uint64_t seed, const c10::Device& device);

  // The Mlp's, trained with the student's and no part of it:
  // "distill.fc1.weight" and so on. None but for kFeature.
  const optim::NamedTensors& parameters() const { return mlp_; }

  // `targets` [B, classes], soft. `taught`: the teacher's logits or features.
  DistilledLoss Loss(const model::Outputs& student, const at::Tensor& targets,
                     const at::Tensor& taught) const;

 private:
  at::Tensor Taught(const model::Outputs& student,
                    const at::Tensor& taught) const;

  DistillOptions options_;
  optim::NamedTensors mlp_;
};

}  // namespace wsel::train
