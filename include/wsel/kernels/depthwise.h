#pragma once

#include <ATen/core/Tensor.h>

namespace wsel::kernels {

// A depthwise convolution with an odd kernel size K, stride 1 and "same"
// padding on [B, H, W, C]; weight [C, 1, K, K], bias [C]. If K is 7, in float32
// on the CPU and outside autocast, depthwise_gradient.h computes the weight
// gradient, which is bit-identical for any number of threads.
at::Tensor DepthwiseConv(const at::Tensor& x, const at::Tensor& weight,
                         const at::Tensor& bias);

}  // namespace wsel::kernels
