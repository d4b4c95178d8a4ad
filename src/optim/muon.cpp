#include "wsel/optim/muon.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "wsel/optim/parameter_groups.h"

namespace wsel::optim {
namespace {

constexpr int64_t kMinSide = 4;
constexpr int64_t kMaxAspect = 128;

struct Coefficients {
  double a, b, c;
};
// Of the iteration X <- a X + (b X X' + c (X X')^2) X, one row per step.
constexpr std::array<Coefficients, 5> kQuintic = {{
    {4.0848, -6.8946, 2.9270},
    {3.9505, -6.3029, 2.6377},
    {3.7418, -5.5913, 2.3037},
    {2.8769, -3.1427, 1.2046},
    {2.8366, -3.0525, 1.2012},
}};

}  // namespace

bool IsForMuon(const Shape& shape) {
  if (shape.size() < 2 || shape[0] == 1 || shape[1] == 1) return false;
  int64_t columns = 1;
  for (size_t i = 1; i < shape.size(); ++i) columns *= shape[i];
  const auto [low, high] = std::minmax(shape[0], columns);
  return low >= kMinSide && high <= kMaxAspect * low;
}

at::Tensor Orthogonalise(const at::Tensor& matrix, double eps,
                         at::ScalarType type) {
  at::Tensor x = matrix.to(type);
  // The products are of the shorter side.
  const bool transposed = x.size(0) > x.size(1);
  if (transposed) x = x.t();
  constexpr std::array<int64_t, 2> kSides = {-2, -1};
  x = x / x.norm(2, kSides, /*keepdim=*/true).clamp_min(eps);
  x = x.contiguous();
  for (const auto& [a, b, c] : kQuintic) {
    const at::Tensor square = at::mm(x, x.t());
    const at::Tensor polynomial = at::addmm(square, square, square, b, c);
    x = at::addmm(x, polynomial, x, a, 1);
  }
  return transposed ? x.t() : x;
}

Muon::Part Muon::PartOf(const NamedTensors& parameters,
                        const std::vector<double>& lr_scales, bool matrices) {
  Part part;
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (IsForMuon(parameters[i].tensor.sizes().vec()) != matrices) continue;
    part.parameters.push_back(parameters[i]);
    part.lr_scales.push_back(lr_scales.empty() ? 1 : lr_scales.at(i));
  }
  return part;
}

Muon::Muon(const NamedTensors& parameters, const OptimizerOptions& options,
           const std::vector<double>& lr_scales)
    : Muon(PartOf(parameters, lr_scales, true),
           PartOf(parameters, lr_scales, false), options) {
  CheckParameters(parameters);
}

Muon::Muon(const Part& matrices, const Part& others,
           const OptimizerOptions& options)
    : options_(options),
      others_(others.parameters, AdamWOf(options), others.lr_scales) {
  Validate(options);
  for (const ParameterGroup& group : GroupParameters(
           matrices.parameters, options.weight_decay, matrices.lr_scales)) {
    for (const NamedTensor& parameter : group.parameters) {
      slots_.push_back({parameter, at::zeros_like(parameter.tensor.detach()),
                        group.lr_scale, group.weight_decay});
    }
  }
}

void Muon::Step(double lr) {
  const at::NoGradGuard no_grad;
  others_.Step(lr);
  for (const Slot& slot : slots_) {
    const at::Tensor& parameter = slot.parameter.tensor;
    if (!parameter.grad().defined()) continue;
    const double rate = lr * slot.lr_scale;
    parameter.mul_(1 - rate * slot.weight_decay);
    slot.momentum_buffer.lerp_(parameter.grad(), 1 - options_.momentum);
    const at::Tensor update = Orthogonalise(
        slot.momentum_buffer.reshape({parameter.size(0), -1}), options_.eps);
    const auto side =
        static_cast<double>(std::max(update.size(0), update.size(1)));
    parameter.add_(update.to(at::kFloat).reshape(parameter.sizes()),
                   -rate * 0.2 * std::sqrt(side));
  }
}

NamedTensors Muon::SharedState() const {
  NamedTensors state = others_.SharedState();
  for (const Slot& slot : slots_) {
    state.push_back(
        {"momentum_buffer." + slot.parameter.name, slot.momentum_buffer});
  }
  return state;
}

}  // namespace wsel::optim
