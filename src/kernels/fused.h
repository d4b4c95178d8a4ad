#pragma once

#include <ATen/autocast_mode.h>
#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>

#include <algorithm>

namespace wsel::kernels {

// Whether the hand-written kernels apply: all tensors are float32 on the CPU,
// outside autocast. Otherwise LibTorch's operators are used.
inline bool CanUseFused(at::TensorList tensors) {
  return !at::autocast::is_autocast_enabled(at::kCPU) &&
         std::all_of(tensors.begin(), tensors.end(), [](const at::Tensor& t) {
           return !t.defined() || (t.is_cpu() && t.scalar_type() == at::kFloat);
         });
}

// Whether a result that is computed from `tensors` has a gradient. Without one,
// as in evaluation and in a teacher, nothing is saved for a backward pass.
inline bool NeedsGradient(at::TensorList tensors) {
  return c10::GradMode::is_enabled() &&
         std::any_of(tensors.begin(), tensors.end(), [](const at::Tensor& t) {
           return t.defined() && t.requires_grad();
         });
}

}  // namespace wsel::kernels
