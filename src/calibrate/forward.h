#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "wsel/calibrate/weights.h"

namespace wsel::calibrate {

// The layers of a forward pass as plain operators, which show what the fused
// kernels of a block keep to themselves: queries, hidden activations.

// The layer norm `name` over the last dimension.
at::Tensor LayerNorm(const Weights& weights, const std::string& name,
                     const at::Tensor& x, double eps);

// The linear layer `name` over the last dimension; its weight may be that of a
// 1x1 convolution.
at::Tensor Linear(const Weights& weights, const std::string& name,
                  const at::Tensor& x);

// Multi-head self-attention (Vaswani et al. 2017) of q, k and v in the thirds
// of `qkv` [B, N, 3I]: [B, N, I], before proj.
at::Tensor Attention(const at::Tensor& qkv, int64_t heads);

// x + branch, times the layer scale `gamma` if that is defined.
at::Tensor AddScaled(const at::Tensor& x, const at::Tensor& branch,
                     const at::Tensor& gamma);

}  // namespace wsel::calibrate
