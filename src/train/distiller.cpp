#include "wsel/train/distiller.h"

#include <ATen/ATen.h>

#include "wsel/model/init.h"
#include "wsel/model/initialize.h"
#include "wsel/train/loss.h"

namespace wsel::train {
namespace {

optim::NamedTensor Drawn(const std::string& name, const Shape& shape,
                         uint64_t seed, const c10::Device& device) {
  const model::Init init =
      shape.size() == 1 ? model::Init{model::InitKind::kConstant}
                        : model::Init{model::InitKind::kTruncNormal, 0.02, 2};
  return {name, Draw(init, {name, shape}, seed).to(device).requires_grad_()};
}

}  // namespace

Distiller::Distiller(const DistillOptions& options, int64_t student_width,
                     int64_t teacher_width, uint64_t seed,
                     const c10::Device& device)
    : options_(options) {
  if (options.method != Distillation::kFeature) return;
  const int64_t hidden = teacher_width;
  for (const auto& [name, shape] :
       {std::pair("distill.fc1.weight", Shape{hidden, student_width}),
        std::pair("distill.fc1.bias", Shape{hidden}),
        std::pair("distill.fc2.weight", Shape{teacher_width, hidden}),
        std::pair("distill.fc2.bias", Shape{teacher_width})}) {
    mlp_.push_back(Drawn(name, shape, seed, device));
  }
}

at::Tensor Distiller::Taught(const model::Outputs& student,
                             const at::Tensor& taught) const {
  const at::Tensor& logits =
      student.distillation.defined() ? student.distillation : student.logits;
  switch (options_.method) {
    case Distillation::kLogit:
      return DistillationKl(logits, taught, options_.temperature);
    case Distillation::kHard:
      return HardDistillation(logits, taught);
    default:
      break;
  }
  const auto hidden = at::gelu(at::linear(student.feature.to(at::kFloat),
                                          mlp_[0].tensor, mlp_[1].tensor));
  return FeatureL1(at::linear(hidden, mlp_[2].tensor, mlp_[3].tensor), taught);
}

DistilledLoss Distiller::Loss(const model::Outputs& student,
                              const at::Tensor& targets,
                              const at::Tensor& taught) const {
  const auto by_class = SoftTargetCrossEntropy(student.logits, targets);
  const auto by_teacher = Taught(student, taught) * options_.alpha;
  const bool hard = options_.method == Distillation::kHard;
  return {by_class * (hard ? 1 - options_.alpha : 1) + by_teacher, by_teacher};
}

}  // namespace wsel::train
