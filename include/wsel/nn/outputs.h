#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

namespace wsel::nn {

// The outputs of a forward pass that distillation needs.
struct Outputs {
  // [B, classes]; if there is a distillation token, of the class token only.
  at::Tensor logits;
  // [B, classes], of the distillation token; undefined without one.
  at::Tensor dist_logits;
  // [B, D], before the final norm: the class token of the last block or, in a
  // model without one, the mean over patches or positions.
  at::Tensor feature;
};

// Called with the input of the first block, then with the output of every
// block: tokens [B, N, D] of a ViT, maps [B, H, W, D] of a ConvNeXt.
using BlockHook = std::function<void(const at::Tensor& x)>;

}  // namespace wsel::nn
