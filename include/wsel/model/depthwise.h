#pragma once

#include <ATen/core/Tensor.h>

namespace wsel::model {

// A depthwise convolution of odd kernel K, stride 1 and "same" padding, on
// [B, H, W, C]; weight [C, 1, K, K], bias [C]. With K of 7, in float32 on the
// CPU and outside autocast, the weight's gradient is computed by
// depthwise_gradient.h; it has the same bits for any number of threads.
at::Tensor DepthwiseConv(const at::Tensor& x, const at::Tensor& weight,
                         const at::Tensor& bias);

}  // namespace wsel::model
