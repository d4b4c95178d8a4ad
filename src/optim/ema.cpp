#include "wsel/optim/ema.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_lerp.h>

#include "wsel/core/check.h"

namespace wsel::optim {

Ema::Ema(const NamedTensors& parameters, double decay) : decay_(decay) {
  CheckBelowOne("ema_decay", decay);
  CheckParameters(parameters);
  for (const auto& [name, tensor] : parameters) {
    weight_list_.push_back(tensor);
    ema_list_.push_back(tensor.detach().clone());
    ema_weights_.push_back({name, ema_list_.back()});
  }
}

void Ema::Update() {
  if (ema_list_.empty()) return;
  const at::NoGradGuard no_grad;
  at::_foreach_lerp_(ema_list_, weight_list_, 1 - decay_);
}

}  // namespace wsel::optim
