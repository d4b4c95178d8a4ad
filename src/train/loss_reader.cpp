#include "loss_reader.h"

#include <ATen/ATen.h>

#include <utility>

namespace wsel::train {
namespace {

constexpr int64_t kStepsOnGpu = 20;

}  // namespace

LossReader::LossReader(const c10::Device& device)
    : interval_(device.is_cpu() ? 1 : kStepsOnGpu) {}

void LossReader::Add(const at::Tensor& loss, const at::Tensor& kd_loss) {
  const auto exact = loss.to(at::kDouble);
  sum_ = sum_.defined() ? sum_ + exact : exact;
  kd_loss_ = kd_loss;
  ++steps_;
}

LossReader::Losses LossReader::Read() {
  Losses losses;
  if (steps_ == 0) return losses;
  losses.steps = std::exchange(steps_, 0);
  losses.sum = std::exchange(sum_, at::Tensor()).item<double>();
  if (kd_loss_.defined()) losses.kd_loss = kd_loss_.item<double>();
  return losses;
}

}  // namespace wsel::train
