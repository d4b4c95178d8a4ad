#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

namespace wsel::calibrate {

// A model's tensors by timm's names: float32, contiguous, on the CPU.
class Weights {
 public:
  // Undefined if there is none.
  at::Tensor operator[](const std::string& name) const {
    const auto at = tensors_.find(name);
    return at == tensors_.end() ? at::Tensor() : at->second;
  }
  bool Has(const std::string& name) const { return tensors_.contains(name); }
  // In float32 and contiguous, whatever `value` is.
  void Set(const std::string& name, const at::Tensor& value);

  const std::map<std::string, at::Tensor>& tensors() const { return tensors_; }

 private:
  std::map<std::string, at::Tensor> tensors_;
};

}  // namespace wsel::calibrate
