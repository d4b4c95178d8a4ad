#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "wsel/kernels/mlp_branch.h"

namespace wsel::kernels {

// The arguments of AddMlpBranch, or their gradients.
struct MlpArguments {
  at::Tensor x, y;   // [B, ..., D]
  at::Tensor scale;  // [B] or undefined
  MlpBranch branch;

  std::vector<at::Tensor*> Tensors() {
    return {&x,
            &y,
            &scale,
            &branch.norm_weight,
            &branch.norm_bias,
            &branch.fc1_weight,
            &branch.fc1_bias,
            &branch.fc2_weight,
            &branch.fc2_bias,
            &branch.gamma};
  }
};

// Both passes of the MLP branch, with GELU, in tiles of rows, so that the
// hidden values stay in the cache of the thread that processes them. float32,
// on the CPU; y and the gradient are contiguous.

// Returns the result, shaped as x, and sets `hidden` [M, H] to the values
// before the activation.
at::Tensor MlpForward(const MlpArguments& arguments, at::Tensor& hidden);

// The gradients of all arguments but scale, from that of the result.
MlpArguments MlpBackward(const MlpArguments& arguments,
                         const at::Tensor& hidden, const at::Tensor& gradient);

}  // namespace wsel::kernels
