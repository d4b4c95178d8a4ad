#pragma once

#include <ATen/ATen.h>

namespace wsel::nn {

// The hidden channels of a SwiGLU (Shazeer 2020), of its gate and its value.
inline at::Tensor Gated(const at::Tensor& gate, const at::Tensor& value) {
  return at::silu(gate) * value;
}

}  // namespace wsel::nn
