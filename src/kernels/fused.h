#pragma once

#include <ATen/autocast_mode.h>
#include <ATen/core/Tensor.h>

namespace wsel::kernels {

// Whether the hand-written kernels apply: all tensors are float32 on the CPU,
// outside autocast. Otherwise LibTorch's operators are used.
inline bool CanUseFused(at::TensorList tensors) {
  if (at::autocast::is_autocast_enabled(at::kCPU)) return false;
  for (const at::Tensor& t : tensors) {
    if (t.defined() && !(t.is_cpu() && t.scalar_type() == at::kFloat)) {
      return false;
    }
  }
  return true;
}

}  // namespace wsel::kernels
