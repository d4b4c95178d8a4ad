#include "wsel/optim/ema.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_lerp.h>
#include <fmt/format.h>

#include "wsel/core/error.h"

namespace wsel::optim {

Ema::Ema(const NamedTensors& parameters, double decay) : decay_(decay) {
  if (!(decay >= 0 && decay < 1)) {
    throw Error(ErrorKind::kConfig, "train.ema_decay",
                fmt::format("is {}: must be 0 or more and below 1", decay));
  }
  CheckParameters(parameters);
  for (const auto& [name, tensor] : parameters) {
    weights_.push_back(tensor);
    targets_.push_back(tensor.detach().clone());
    averages_.push_back({name, targets_.back()});
  }
}

void Ema::Update() {
  if (targets_.empty()) return;
  const at::NoGradGuard no_grad;
  at::_foreach_lerp_(targets_, weights_, 1 - decay_);
}

void Ema::ImportState(const NamedTensors& averages, std::string_view where) {
  Restore(averages, averages_, where);
}

}  // namespace wsel::optim
