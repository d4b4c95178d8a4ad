#pragma once

#include <ATen/core/Tensor.h>

#include "wsel/model/config.h"

namespace wsel::model {

// The parameters of a block's MLP branch. D channels in and out, H inside.
struct MlpBranch {
  at::Tensor norm_weight, norm_bias;  // [D]
  double eps = 0;
  Activation activation = Activation::kGelu;
  at::Tensor fc1_weight, fc1_bias;  // [H, D], [H]
  at::Tensor fc2_weight, fc2_bias;  // [D, H], [D]
  at::Tensor gamma;                 // layer scale, [D], or undefined
};

// x + scale * gamma * fc2(activation(fc1(norm(y)))): the MLP's half of a block
// of either family. x and y are [B, ..., D], and the same tensor in a ViT;
// scale, of drop path, is [B] or undefined. Training with GELU in float32 on a
// CPU it goes through the rows tile by tile, so that what lies between the two
// matrices stays in the cache, forward and backward.
at::Tensor AddMlpBranch(const at::Tensor& x, const at::Tensor& y,
                        const MlpBranch& branch, const at::Tensor& scale);

}  // namespace wsel::model
