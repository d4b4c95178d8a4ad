#pragma once

#include <ATen/core/Tensor.h>

namespace wsel::kernels {

// The residual branches of blocks, each with its addition to the block's input
// x [B, ..., D]. `scale`, the drop path factor, is [B]; an undefined scale or
// gamma counts as 1. Where gradients are disabled, or no argument needs one,
// nothing is saved for a backward pass, and results are bit-identical.

// The weight and bias of a norm or a linear layer, or their gradients.
struct WeightAndBias {
  at::Tensor weight, bias;
};

// The parameters of a branch. Its inner layer is fc1 of an MLP with H hidden
// channels, or attention's qkv; its outer layer is fc2 or proj.
struct ResidualBranch {
  WeightAndBias norm;  // [D], [D]
  double eps = 0;
  WeightAndBias inner;  // [H, D], [H]; or [3D, D], [3D] or undefined
  WeightAndBias outer;  // [D, H], [D]; or [D, D], [D]
  at::Tensor gamma;     // layer scale, [D], or undefined
};

// x + branch * gamma * scale, with a branch [B, ..., D] that is computed.
at::Tensor AddBranch(const at::Tensor& x, const at::Tensor& branch,
                     const at::Tensor& gamma, const at::Tensor& scale);

// The attention half of a ViT block, multi-head self-attention (Vaswani et al.
// 2017): x + scale * gamma * proj(attention(qkv(norm(x)))), x [B, N, D]. In
// float32 on the CPU each thread processes whole images, so that their
// intermediate values stay in its cache; the attention matrices are saved for
// backward. So it does under autocast to bf16 (bf16.h); the result is float32.
at::Tensor AddAttentionBranch(const at::Tensor& x, const ResidualBranch& branch,
                              int64_t heads, const at::Tensor& scale);

// The MLP half of a ViT or ConvNeXt block:
// x + scale * gamma * fc2(activation(fc1(norm(y)))), y shaped as x, in a ViT
// the same tensor. The activation is GELU by erf or, if `quick_gelu`,
// x sigmoid(1.702 x). With GELU on the CPU, in float32 or under autocast to
// bf16, both passes process the rows in tiles, so that the hidden values stay
// in the cache.
at::Tensor AddMlpBranch(const at::Tensor& x, const at::Tensor& y,
                        const ResidualBranch& branch, bool quick_gelu,
                        const at::Tensor& scale);

}  // namespace wsel::kernels
