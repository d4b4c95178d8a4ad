#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace wsel::optim {

// The L2 norm of all gradients together, of which there is at least one: a
// scalar on their device, without synchronising with it.
at::Tensor GradientNorm(const std::vector<at::Tensor>& gradients);

}  // namespace wsel::optim
