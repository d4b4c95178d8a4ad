#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

namespace wsel::model {

// What a forward pass gives a training that listens to a teacher.
struct Outputs {
  // [B, classes]; of a model with a distillation token those of the class
  // token alone.
  at::Tensor logits;
  // [B, classes]: those of the distillation token; undefined without one.
  at::Tensor distillation;
  // [B, D], before the final norm: the class token of the last block, or the
  // mean over patches or positions where a model has none.
  at::Tensor feature;
};

// Sees what flows from block to block: once what enters the first, then what
// each block gives. Tokens [B, N, D] of a ViT, maps [B, H, W, D] of a ConvNeXt.
using SeeBlock = std::function<void(const at::Tensor& x)>;

}  // namespace wsel::model
