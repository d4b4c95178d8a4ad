#include "wsel/optim/clip.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <cmath>

#include "wsel/core/error.h"

namespace wsel::optim {

at::Tensor ClipGradients(const NamedTensors& parameters, double max_norm) {
  if (!std::isfinite(max_norm) || max_norm <= 0) {
    throw Error(ErrorKind::kConfig, "max_norm",
                fmt::format("is {}: must be positive and finite; omit it to "
                            "disable clipping",
                            max_norm));
  }
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients;
  for (const auto& [name, parameter] : parameters) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  if (gradients.empty()) return at::zeros({});
  at::Tensor norm =
      at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients)));
  // Multiplies even by 1: testing the norm would synchronise the device.
  const at::Tensor scale = (max_norm / (norm + 1e-6)).clamp_max(1);
  at::_foreach_mul_(gradients, scale);
  return norm;
}

}  // namespace wsel::optim
