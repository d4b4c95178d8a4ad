#include "wsel/optim/lamb.h"

#include <ATen/ATen.h>

#include <cmath>

#include "gradient_norm.h"
#include "wsel/optim/parameter_groups.h"

namespace wsel::optim {
namespace {

constexpr double kMaxNorm = 1;  // timm's max_grad_norm

// What all gradients are divided by: a scalar on their device.
at::Tensor ClipDivisor(const std::vector<at::Tensor>& gradients) {
  return (GradientNorm(gradients) / kMaxNorm).clamp_min(1);
}

// |parameter| / |update|; 1 if either is 0.
at::Tensor TrustRatio(const at::Tensor& parameter, const at::Tensor& update) {
  const at::Tensor weight_norm = parameter.norm();
  const at::Tensor update_norm = update.norm();
  const at::Tensor one = at::ones_like(weight_norm);
  return at::where((weight_norm > 0).logical_and(update_norm > 0),
                   weight_norm / update_norm, one);
}

}  // namespace

Lamb::Lamb(const NamedTensors& parameters, const OptimizerOptions& options,
           const std::vector<double>& lr_scales)
    : options_(options) {
  Validate(options);
  for (const ParameterGroup& group :
       GroupParameters(parameters, options.weight_decay, lr_scales)) {
    for (const NamedTensor& parameter : group.parameters) {
      const at::Tensor values = parameter.tensor.detach();
      slots_.push_back({parameter, at::zeros_like(values),
                        at::zeros_like(values), at::zeros({}), group.lr_scale,
                        group.weight_decay});
    }
  }
}

void Lamb::Step(double lr) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients;
  for (const Slot& slot : slots_) {
    const at::Tensor& gradient = slot.parameter.tensor.grad();
    if (gradient.defined()) gradients.push_back(gradient);
  }
  if (gradients.empty()) return;
  const at::Tensor divisor = ClipDivisor(gradients);
  for (const Slot& slot : slots_) {
    const at::Tensor& gradient = slot.parameter.tensor.grad();
    if (gradient.defined()) StepSlot(slot, gradient / divisor, lr);
  }
}

void Lamb::StepSlot(const Slot& slot, const at::Tensor& gradient,
                    double lr) const {
  slot.step.add_(1);
  const auto steps = static_cast<double>(slot.step.item<float>());
  slot.exp_avg.lerp_(gradient, 1 - options_.beta1);
  slot.exp_avg_sq.mul_(options_.beta2)
      .addcmul_(gradient, gradient, 1 - options_.beta2);
  const double correction1 = 1 - std::pow(options_.beta1, steps);
  const double correction2 = 1 - std::pow(options_.beta2, steps);
  const at::Tensor denominator =
      (slot.exp_avg_sq.sqrt() / std::sqrt(correction2)).add_(options_.eps);
  at::Tensor update = (slot.exp_avg / correction1).div_(denominator);
  const at::Tensor& parameter = slot.parameter.tensor;
  if (slot.weight_decay != 0) {
    update.add_(parameter, slot.weight_decay);
    update.mul_(TrustRatio(parameter, update));
  }
  parameter.add_(update, -lr * slot.lr_scale);
}

NamedTensors Lamb::SharedState() const {
  NamedTensors state;
  for (const Slot& slot : slots_) {
    state.push_back({"step." + slot.parameter.name, slot.step});
    state.push_back({"exp_avg." + slot.parameter.name, slot.exp_avg});
    state.push_back({"exp_avg_sq." + slot.parameter.name, slot.exp_avg_sq});
  }
  return state;
}

}  // namespace wsel::optim
