#pragma once

#include <ATen/core/Tensor.h>

namespace wsel::kernels {

// The parameters of a block's MLP branch: D channels in and out, H hidden.
struct MlpBranch {
  at::Tensor norm_weight, norm_bias;  // [D]
  double eps = 0;
  bool quick_gelu = false;  // x sigmoid(1.702 x), instead of GELU by erf
  at::Tensor fc1_weight, fc1_bias;  // [H, D], [H]
  at::Tensor fc2_weight, fc2_bias;  // [D, H], [D]
  at::Tensor gamma;                 // layer scale, [D], or undefined
};

// The MLP half of a ViT or ConvNeXt block with its residual:
// x + scale * gamma * fc2(activation(fc1(norm(y)))). x and y are [B, ..., D],
// in a ViT the same tensor; `scale`, the drop path factor, is [B] or undefined.
// With GELU in float32 on the CPU both passes process the rows in tiles, so
// that the hidden values stay in the cache.
at::Tensor AddMlpBranch(const at::Tensor& x, const at::Tensor& y,
                        const MlpBranch& branch, const at::Tensor& scale);

}  // namespace wsel::kernels
