#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "wsel/calibrate/weights.h"

namespace wsel::calibrate {

// The layers of a forward pass as plain operators, which show what the fused
// kernels of a block keep to themselves: hidden activations.

// The linear layer `name` over the last dimension; its weight may be that of a
// 1x1 convolution.
at::Tensor Linear(const Weights& weights, const std::string& name,
                  const at::Tensor& x);

// x + branch, times the layer scale `gamma` if that is defined.
at::Tensor AddScaled(const at::Tensor& x, const at::Tensor& branch,
                     const at::Tensor& gamma);

}  // namespace wsel::calibrate
