#include "wsel/train/loss.h"

#include <ATen/ATen.h>

namespace wsel::train {

at::Tensor SoftTargetCrossEntropy(const at::Tensor& logits,
                                  const at::Tensor& targets) {
  const auto log_p = at::log_softmax(logits.to(at::kFloat), -1);
  return (-targets * log_p).sum(-1).mean();
}

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

}  // namespace wsel::train
