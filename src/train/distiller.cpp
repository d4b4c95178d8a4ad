#include "wsel/train/distiller.h"

#include <ATen/ATen.h>

#include "wsel/model/init.h"
#include "wsel/nn/initialize.h"

namespace wsel::train {
namespace {

optim::NamedTensor InitialParameter(const std::string& name, const Shape& shape,
                                    uint64_t seed, const c10::Device& device) {
  const model::Init init =
      shape.size() == 1 ? model::Init{model::InitKind::kConstant}
                        : model::Init{model::InitKind::kTruncNormal, 0.02, 2};
  return {name,
          nn::Draw(init, {name, shape}, seed).to(device).requires_grad_()};
}

}  // namespace

at::Tensor DistillationKl(const at::Tensor& student, const at::Tensor& teacher,
                          double temperature) {
  const auto log_p = [&](const at::Tensor& logits) {
    return at::log_softmax(logits.to(at::kFloat) / temperature, -1);
  };
  const auto log_t = log_p(teacher);
  const auto kl = (log_t.exp() * (log_t - log_p(student))).sum(-1).mean();
  return kl * (temperature * temperature);
}

at::Tensor HardDistillation(const at::Tensor& student,
                            const at::Tensor& teacher) {
  return at::cross_entropy_loss(student.to(at::kFloat), teacher.argmax(-1));
}

at::Tensor FeatureL1(const at::Tensor& student, const at::Tensor& teacher) {
  return (teacher.to(at::kFloat) - student.to(at::kFloat)).abs().mean();
}

Distiller::Distiller(const DistillOptions& options, int64_t student_width,
                     int64_t teacher_width, uint64_t seed,
                     const c10::Device& device, const LossOptions& task)
    : options_(options), task_(task) {
  if (options.method != Distillation::kFeature) return;
  const int64_t hidden = teacher_width;
  for (const auto& [name, shape] :
       {std::pair("distill.fc1.weight", Shape{hidden, student_width}),
        std::pair("distill.fc1.bias", Shape{hidden}),
        std::pair("distill.fc2.weight", Shape{teacher_width, hidden}),
        std::pair("distill.fc2.bias", Shape{teacher_width})}) {
    projector_.push_back(InitialParameter(name, shape, seed, device));
  }
}

at::Tensor Distiller::KdLoss(const nn::Outputs& student,
                             const at::Tensor& teacher_output) const {
  const at::Tensor& logits =
      student.dist_logits.defined() ? student.dist_logits : student.logits;
  switch (options_.method) {
    case Distillation::kLogit:
      return DistillationKl(logits, teacher_output, options_.temperature);
    case Distillation::kHard:
      return HardDistillation(logits, teacher_output);
    default:
      break;
  }
  const auto hidden =
      at::gelu(at::linear(student.feature.to(at::kFloat), projector_[0].tensor,
                          projector_[1].tensor));
  return FeatureL1(
      at::linear(hidden, projector_[2].tensor, projector_[3].tensor),
      teacher_output);
}

at::Tensor Distiller::ValidKdLoss(const nn::Outputs& student,
                                  const at::Tensor& teacher_output,
                                  const at::Tensor& valid) const {
  const auto rows = valid.nonzero().squeeze(1).to(teacher_output.device());
  if (rows.numel() == 0) {
    return at::zeros({}, teacher_output.options().dtype(at::kFloat));
  }
  const auto select = [&](const at::Tensor& x) {
    return x.defined() ? x.index_select(0, rows) : x;
  };
  const double share =
      static_cast<double>(rows.numel()) / static_cast<double>(valid.numel());
  return KdLoss({select(student.logits), select(student.dist_logits),
                 select(student.feature)},
                select(teacher_output)) *
         share;
}

DistillationLoss Distiller::Loss(const nn::Outputs& student,
                                 const at::Tensor& targets,
                                 const at::Tensor& teacher_output,
                                 const at::Tensor& valid,
                                 const at::Tensor& pos_weight) const {
  const auto task_loss =
      TaskLoss(student.logits, targets, task_, valid, pos_weight);
  const bool all = !valid.defined() || valid.all().item<bool>();
  const auto kd_loss = (all ? KdLoss(student, teacher_output)
                            : ValidKdLoss(student, teacher_output, valid)) *
                       options_.alpha;
  const bool hard = options_.method == Distillation::kHard;
  return {task_loss * (hard ? 1 - options_.alpha : 1) + kd_loss, kd_loss};
}

}  // namespace wsel::train
