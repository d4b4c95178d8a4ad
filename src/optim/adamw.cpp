#include "wsel/optim/adamw.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <utility>

#include "gradient_norm.h"
#include "wsel/core/error.h"
#include "wsel/optim/parameter_groups.h"

namespace wsel::optim {
namespace {

// The kernel walks all tensors in memory order without checking strides.
// Gradients have their parameter's strides, but only if autograd made them.
at::Tensor GradientWithStridesOf(const at::Tensor& parameter) {
  const at::Tensor& gradient = parameter.grad();
  if (gradient.strides() == parameter.strides()) return gradient;
  return at::empty_like(parameter).copy_(gradient);
}

// The kernel's arguments, one element per parameter.
struct TensorLists {
  std::vector<at::Tensor> parameters, gradients, exp_avgs, exp_avg_sqs, steps;
};

}  // namespace

at::Tensor ClipGradients(const NamedTensors& parameters, double max_norm) {
  if (!std::isfinite(max_norm) || max_norm <= 0) {
    throw Error(
        ErrorKind::kConfig, "max_norm",
        "is {}: must be positive and finite; omit it to disable clipping",
        max_norm);
  }
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients;
  for (const auto& [name, parameter] : parameters) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  if (gradients.empty()) return at::zeros({});
  at::Tensor norm = GradientNorm(gradients);
  // Multiplies even by 1: testing the norm would synchronise the device.
  const at::Tensor scale = (max_norm / (norm + 1e-6)).clamp_max(1);
  at::_foreach_mul_(gradients, scale);
  return norm;
}

AdamW::AdamW(const NamedTensors& parameters, const AdamWOptions& options,
             const std::vector<double>& lr_scales)
    : options_(options) {
  Validate(options);
  for (const ParameterGroup& from :
       GroupParameters(parameters, options.weight_decay, lr_scales)) {
    Group group = {{}, from.lr_scale, from.weight_decay};
    for (const NamedTensor& parameter : from.parameters) {
      const at::Tensor values = parameter.tensor.detach();
      group.slots.push_back({parameter, at::zeros_like(values),
                             at::zeros_like(values),
                             at::zeros({}, values.options())});
    }
    groups_.push_back(std::move(group));
  }
}

void AdamW::Step(double lr) {
  const at::NoGradGuard no_grad;
  for (const Group& group : groups_) StepGroup(group, lr);
}

void AdamW::StepGroup(const Group& group, double lr) {
  TensorLists lists;
  for (const Slot& slot : group.slots) {
    const at::Tensor& parameter = slot.parameter.tensor;
    if (!parameter.grad().defined()) continue;
    lists.parameters.push_back(parameter);
    lists.gradients.push_back(GradientWithStridesOf(parameter));
    lists.exp_avgs.push_back(slot.exp_avg);
    lists.exp_avg_sqs.push_back(slot.exp_avg_sq);
    lists.steps.push_back(slot.step);
  }
  if (lists.parameters.empty()) return;
  // The kernel expects the count to include this step and does not advance it.
  at::_foreach_add_(lists.steps, 1);
  at::_fused_adamw_(lists.parameters, lists.gradients, lists.exp_avgs,
                    lists.exp_avg_sqs, /*max_exp_avg_sqs=*/{}, lists.steps,
                    lr * group.lr_scale, options_.beta1, options_.beta2,
                    group.weight_decay, options_.eps,
                    /*amsgrad=*/false, /*maximize=*/false);
  // The fused kernel, unlike other operators, leaves this to its caller;
  // weights packed in bf16 are recognised by their version.
  for (const at::Tensor& parameter : lists.parameters) {
    parameter.unsafeGetTensorImpl()->bump_version();
  }
}

NamedTensors AdamW::SharedState() const {
  NamedTensors state;
  for (const Group& group : groups_) {
    for (const Slot& slot : group.slots) {
      state.push_back({"step." + slot.parameter.name, slot.step});
      state.push_back({"exp_avg." + slot.parameter.name, slot.exp_avg});
      state.push_back({"exp_avg_sq." + slot.parameter.name, slot.exp_avg_sq});
    }
  }
  return state;
}

}  // namespace wsel::optim
