#pragma once

#include <ATen/core/Tensor.h>

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

}  // namespace wsel::model
