#pragma once

#include <ATen/core/Tensor.h>

#include "wsel/core/philox.h"

namespace wsel::nn {

// Fills a contiguous float32 or float64 tensor: element i is `std` times the
// normal quantile of sample i of the stream.
void FillNormal(const RandomStream& stream, double std, at::Tensor& tensor);

}  // namespace wsel::nn
