#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "wsel/kernels/attention_branch.h"

namespace wsel::kernels {

// The arguments of AddAttentionBranch, or their gradients.
struct AttentionArguments {
  at::Tensor x;      // [B, N, D]
  at::Tensor scale;  // [B] or undefined
  AttentionBranch branch;

  std::vector<at::Tensor*> Tensors() {
    return {&x,
            &scale,
            &branch.norm_weight,
            &branch.norm_bias,
            &branch.qkv_weight,
            &branch.qkv_bias,
            &branch.proj_weight,
            &branch.proj_bias,
            &branch.gamma};
  }
};

// What the forward pass computes and the backward pass needs again.
struct AttentionActivations {
  at::Tensor qkv;     // [B, N, 3D]
  at::Tensor probs;   // [B, heads, N, N], after the softmax
  at::Tensor output;  // [B, N, D], before proj

  std::vector<at::Tensor*> Tensors() { return {&qkv, &probs, &output}; }
};

// Both passes of the attention branch in tiles of a few images, each processed
// by one thread, so that its intermediate values stay in the thread's cache.
// float32, on the CPU; x and the gradient are contiguous.

// Returns the result, [B, N, D], and fills `activations`.
at::Tensor AttentionForward(const AttentionArguments& arguments,
                            AttentionActivations& activations);

// The gradients of all arguments but scale, from that of the result.
AttentionArguments AttentionBackward(const AttentionArguments& arguments,
                                     const AttentionActivations& activations,
                                     const at::Tensor& gradient);

}  // namespace wsel::kernels
