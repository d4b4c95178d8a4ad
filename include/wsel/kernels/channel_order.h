#pragma once

#include <ATen/core/Tensor.h>

namespace wsel::kernels {

// Views of the same memory.

inline at::Tensor ToChannelsFirst(const at::Tensor& x) {
  return x.permute({0, 3, 1, 2});  // [B, H, W, D] -> [B, D, H, W]
}

inline at::Tensor ToChannelsLast(const at::Tensor& x) {
  return x.permute({0, 2, 3, 1});  // [B, D, H, W] -> [B, H, W, D]
}

}  // namespace wsel::kernels
