#include "wsel/train/loss_scaler.h"

#include <ATen/ATen.h>

namespace wsel::train {
namespace {

constexpr double kInitialScale = 65536;
constexpr double kGrowth = 2;
constexpr double kBackoff = 0.5;
constexpr int64_t kGrowthInterval = 2000;

}  // namespace

LossScaler::LossScaler(const c10::Device& device)
    : scale_(at::full({}, kInitialScale, at::TensorOptions(device))),
      growth_tracker_(
          at::zeros({}, at::TensorOptions(device).dtype(at::kInt))) {}

bool LossScaler::Unscale(const optim::NamedTensors& parameters) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients;
  for (const auto& [name, parameter] : parameters) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  auto found_inf = at::zeros({}, scale_.options());
  at::_amp_foreach_non_finite_check_and_unscale_(
      gradients, found_inf, scale_.to(at::kDouble).reciprocal().to(at::kFloat));
  at::_amp_update_scale_(scale_, growth_tracker_, found_inf, kGrowth, kBackoff,
                         kGrowthInterval);
  return found_inf.item<float>() == 0;
}

}  // namespace wsel::train
