#include "wsel/optim/ema.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_lerp.h>

#include <algorithm>
#include <cmath>

#include "wsel/core/check.h"

namespace wsel::optim {

Ema::Ema(const NamedTensors& parameters, double decay, bool warmup)
    : decay_(decay), warmup_(warmup) {
  CheckBelowOne("ema_decay", decay);
  CheckParameters(parameters);
  for (const auto& [name, tensor] : parameters) {
    weight_list_.push_back(tensor);
    ema_list_.push_back(tensor.detach().clone());
    ema_weights_.push_back({name, ema_list_.back()});
  }
}

double Ema::DecayAt(int64_t step) const {
  constexpr double kPower = 2. / 3;  // timm's warmup_power; its gamma is 1
  if (!warmup_) return decay_;
  if (step <= 1) return 0;
  return std::min(decay_, 1 - std::pow(static_cast<double>(step), -kPower));
}

void Ema::Update(int64_t step) {
  if (ema_list_.empty()) return;
  const at::NoGradGuard no_grad;
  at::_foreach_lerp_(ema_list_, weight_list_, 1 - DecayAt(step));
}

}  // namespace wsel::optim
