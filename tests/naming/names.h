// Torch-free.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wsel/tensor/source.h"

namespace wsel::naming {

// A checkpoint of names only, of tensors of this shape, which are not read.
class Names : public TensorSource {
 public:
  explicit Names(const std::vector<std::string>& names,
                 const Shape& shape = {1}) {
    for (const std::string& name : names) {
      specs_.push_back({name, shape, DType::kF32});
    }
  }
  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view name) const override {
    TensorView view;
    view.spec = *Find(name);
    return view;
  }

 private:
  std::vector<TensorSpec> specs_;
};

}  // namespace wsel::naming
