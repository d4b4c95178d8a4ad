#pragma once

#include <ATen/core/Tensor.h>

namespace wsel::kernels {

// A depthwise convolution with an odd kernel size K, stride 1 and "same"
// padding on [B, H, W, C]; weight [C, 1, K, K], bias [C]. If K is 7, in float32
// on the CPU and outside autocast, depthwise_gradient.h computes the weight
// gradient, which is bit-identical for any number of threads.
at::Tensor DepthwiseConv(const at::Tensor& x, const at::Tensor& weight,
                         const at::Tensor& bias);

// Views of the same memory.

inline at::Tensor ToChannelsFirst(const at::Tensor& x) {
  return x.permute({0, 3, 1, 2});  // [B, H, W, D] -> [B, D, H, W]
}

inline at::Tensor ToChannelsLast(const at::Tensor& x) {
  return x.permute({0, 2, 3, 1});  // [B, D, H, W] -> [B, H, W, D]
}

}  // namespace wsel::kernels
