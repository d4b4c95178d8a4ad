#pragma once

#include <ATen/core/Tensor.h>

namespace wsel::model {

// The parameters of a block's attention branch, of width D.
struct AttentionBranch {
  at::Tensor norm_weight, norm_bias;  // [D]
  double eps = 0;
  int64_t heads = 1;
  at::Tensor qkv_weight, qkv_bias;    // [3D, D], [3D] or undefined
  at::Tensor proj_weight, proj_bias;  // [D, D], [D]
  at::Tensor gamma;                   // layer scale, [D], or undefined
};

// x + scale * gamma * proj(attention(qkv(norm(x)))), x [B, N, D]: multi-head
// self-attention (Vaswani et al. 2017), the other half of a ViT's block. scale,
// of drop path, is [B] or undefined. Training in float32 on a CPU each thread
// takes whole images, whose numbers stay in its cache; the attention matrices
// are kept for the backward pass.
at::Tensor AddAttentionBranch(const at::Tensor& x,
                              const AttentionBranch& branch,
                              const at::Tensor& scale);

}  // namespace wsel::model
