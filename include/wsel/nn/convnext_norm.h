#pragma once

#include <ATen/ATen.h>

#include "wsel/model/convnext_config.h"

namespace wsel::nn {

// The norm of a ConvNeXt over the last dimension of `x`, as timm's LayerNorm,
// RmsNorm and SimpleNorm. `weight` and `bias`, [width], may be undefined: then
// they are ones and zeros. Only LayerNorm has a bias.
inline at::Tensor Normalise(const at::Tensor& x, model::ConvNextNorm kind,
                            const at::Tensor& weight, const at::Tensor& bias,
                            double eps) {
  if (kind == model::ConvNextNorm::kLayerNorm) {
    return at::layer_norm(x, {x.size(-1)}, weight, bias, eps);
  }
  const auto square = kind == model::ConvNextNorm::kRmsNorm
                          ? x.square().mean(-1, /*keepdim=*/true)
                          : x.var(at::OptionalIntArrayRef({-1}),
                                  /*correction=*/1, /*keepdim=*/true);
  const auto normed = x * at::rsqrt(square + eps);
  return weight.defined() ? normed * weight : normed;
}

}  // namespace wsel::nn
