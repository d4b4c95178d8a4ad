#pragma once

#include <ATen/core/Tensor.h>

namespace wsel::kernels {

// The parameters of a block's attention branch; the width is D.
struct AttentionBranch {
  at::Tensor norm_weight, norm_bias;  // [D]
  double eps = 0;
  int64_t heads = 1;
  at::Tensor qkv_weight, qkv_bias;    // [3D, D], [3D] or undefined
  at::Tensor proj_weight, proj_bias;  // [D, D], [D]
  at::Tensor gamma;                   // layer scale, [D], or undefined
};

// The attention half of a ViT block, multi-head self-attention (Vaswani et al.
// 2017) with its residual: x + scale * gamma * proj(attention(qkv(norm(x)))),
// x [B, N, D]. `scale`, the drop path factor, is [B] or undefined. In float32
// on the CPU each thread processes whole images, so that their intermediate
// values stay in its cache; the attention matrices are saved for backward.
at::Tensor AddAttentionBranch(const at::Tensor& x,
                              const AttentionBranch& branch,
                              const at::Tensor& scale);

}  // namespace wsel::kernels
