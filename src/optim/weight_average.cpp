#include "wsel/optim/weight_average.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_lerp.h>

#include "wsel/core/check.h"

namespace wsel::optim {

WeightAverage::WeightAverage(const NamedTensors& parameters) {
  CheckParameters(parameters);
  for (const auto& [name, tensor] : parameters) {
    weight_list_.push_back(tensor);
    mean_list_.push_back(tensor.detach().clone());
    mean_.push_back({name, mean_list_.back()});
  }
}

void WeightAverage::Add(int64_t count) {
  CheckAtLeast("averaged weights", count, 1);
  if (mean_list_.empty()) return;
  const at::NoGradGuard no_grad;
  at::_foreach_lerp_(mean_list_, weight_list_, 1 / static_cast<double>(count));
}

}  // namespace wsel::optim
