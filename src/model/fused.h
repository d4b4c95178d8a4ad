#pragma once

#include <ATen/autocast_mode.h>
#include <ATen/core/Tensor.h>

#include <initializer_list>
#include <optional>

namespace wsel::model {

// Whether the hand-written kernels apply: all tensors are float32 on the CPU,
// outside autocast. Otherwise LibTorch's operators are used.
inline bool CanUseFused(std::initializer_list<at::Tensor> tensors) {
  if (at::autocast::is_autocast_enabled(at::kCPU)) return false;
  for (const at::Tensor& t : tensors) {
    if (t.defined() && !(t.is_cpu() && t.scalar_type() == at::kFloat)) {
      return false;
    }
  }
  return true;
}

// Autograd functions take optional tensors in this form.
inline std::optional<at::Tensor> IfDefined(const at::Tensor& t) {
  return t.defined() ? std::optional(t) : std::nullopt;
}

}  // namespace wsel::model
