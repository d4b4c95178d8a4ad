#pragma once

#include <ATen/autocast_mode.h>
#include <ATen/core/Tensor.h>

#include <initializer_list>
#include <optional>

namespace wsel::model {

// Whether a hand-written piece of a model applies: everything is float32 on the
// CPU, outside autocast. Elsewhere plain operators are right, and on a GPU also
// fast.
inline bool FusedApplies(std::initializer_list<at::Tensor> tensors) {
  if (at::autocast::is_autocast_enabled(at::kCPU)) return false;
  for (const at::Tensor& t : tensors) {
    if (t.defined() && !(t.is_cpu() && t.scalar_type() == at::kFloat)) {
      return false;
    }
  }
  return true;
}

// Autograd's functions want absent arguments so.
inline std::optional<at::Tensor> IfDefined(const at::Tensor& t) {
  return t.defined() ? std::optional(t) : std::nullopt;
}

}  // namespace wsel::model
