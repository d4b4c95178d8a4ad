#include "wsel/optim/sgd.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/zeros_like.h>

#include <utility>

#include "wsel/optim/parameter_groups.h"

namespace wsel::optim {

Sgd::Sgd(const NamedTensors& parameters, const OptimizerOptions& options,
         const std::vector<double>& lr_scales)
    : options_(options) {
  Validate(options);
  for (const ParameterGroup& from :
       GroupParameters(parameters, options.weight_decay, lr_scales)) {
    Group group = {{}, from.lr_scale, from.weight_decay};
    for (const NamedTensor& parameter : from.parameters) {
      at::Tensor buffer;
      if (options.momentum > 0) {
        buffer = at::zeros_like(parameter.tensor.detach());
      }
      group.slots.push_back({parameter, buffer});
    }
    groups_.push_back(std::move(group));
  }
}

void Sgd::Step(double lr) {
  const at::NoGradGuard no_grad;
  for (const Group& group : groups_) StepGroup(group, lr * group.lr_scale);
}

void Sgd::StepGroup(const Group& group, double lr) const {
  std::vector<at::Tensor> parameters;
  std::vector<at::Tensor> updates;
  std::vector<at::Tensor> buffers;
  for (const Slot& slot : group.slots) {
    const at::Tensor& parameter = slot.parameter.tensor;
    if (!parameter.grad().defined()) continue;
    parameters.push_back(parameter);
    updates.push_back(parameter.grad());
    buffers.push_back(slot.momentum_buffer);
  }
  if (parameters.empty()) return;
  if (group.weight_decay != 0) {
    updates = at::_foreach_add(updates, parameters, group.weight_decay);
  }
  if (options_.momentum > 0) {
    at::_foreach_mul_(buffers, options_.momentum);
    at::_foreach_add_(buffers, updates);
    updates = options_.nesterov
                  ? at::_foreach_add(updates, buffers, options_.momentum)
                  : buffers;
  }
  at::_foreach_add_(parameters, updates, -lr);
}

NamedTensors Sgd::SharedState() const {
  NamedTensors state;
  if (options_.momentum == 0) return state;
  for (const Group& group : groups_) {
    for (const Slot& slot : group.slots) {
      state.push_back(
          {"momentum_buffer." + slot.parameter.name, slot.momentum_buffer});
    }
  }
  return state;
}

}  // namespace wsel::optim
