#pragma once

#include <ATen/ATen.h>

#include "wsel/model/vit_config.h"

namespace wsel::nn {

// Of each element.
inline at::Tensor Activate(model::Activation activation, const at::Tensor& x) {
  switch (activation) {
    case model::Activation::kQuickGelu:
      return x * at::sigmoid(1.702 * x);
    case model::Activation::kGeluTanh:
      return at::gelu(x, "tanh");
    case model::Activation::kRelu:
      return at::relu(x);
    case model::Activation::kSilu:
      return at::silu(x);
    case model::Activation::kGelu:
      break;
  }
  return at::gelu(x);
}

}  // namespace wsel::nn
