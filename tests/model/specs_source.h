// Torch-free.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "wsel/core/error.h"
#include "wsel/model/layout.h"
#include "wsel/tensor/source.h"

namespace wsel::model {

// Names and shapes of a checkpoint that has no numbers.
class SpecsSource : public TensorSource {
 public:
  SpecsSource() = default;
  explicit SpecsSource(const Config& config) {
    for (const ModelTensor& tensor : Layout(config)) {
      specs_.push_back(tensor.spec);
    }
  }

  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view name) const override {
    throw Error(ErrorKind::kMismatch, name, "has no numbers");
  }

  SpecsSource& Add(const std::string& name, const Shape& shape) {
    specs_.push_back({name, shape, DType::kF32});
    return *this;
  }
  SpecsSource& Reshape(const std::string& name, const Shape& shape) {
    for (TensorSpec& spec : specs_) {
      if (spec.name == name) spec.shape = shape;
    }
    return *this;
  }
  // Takes out every tensor whose name contains `part`.
  SpecsSource& Remove(const std::string& part) {
    std::erase_if(specs_, [&](const TensorSpec& spec) {
      return spec.name.find(part) != std::string::npos;
    });
    return *this;
  }

 private:
  std::vector<TensorSpec> specs_;
};

}  // namespace wsel::model
