#pragma once

#include <ATen/ATen.h>

#include "wsel/model/vit_config.h"

namespace wsel::nn {

inline at::Tensor Activate(const at::Tensor& x, model::Activation activation) {
  switch (activation) {
    case model::Activation::kGelu:
      return at::gelu(x);
    case model::Activation::kQuickGelu:
      return x * at::sigmoid(1.702 * x);
    case model::Activation::kGeluTanh:
      return at::gelu(x, "tanh");
    case model::Activation::kSilu:
      return at::silu(x);
  }
  return x;
}

}  // namespace wsel::nn
