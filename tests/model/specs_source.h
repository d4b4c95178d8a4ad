// Torch-free.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "wsel/core/error.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/tensor/source.h"

namespace wsel::model {

// A checkpoint of names and shapes without data.
class SpecsSource : public TensorSource {
 public:
  SpecsSource() = default;
  explicit SpecsSource(const Config& config) {
    for (const ParameterSpec& parameter : ParameterSpecs(config)) {
      specs_.push_back(parameter.spec);
    }
  }

  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view name) const override {
    throw Error(ErrorKind::kMismatch, name, "has no data");
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
  // Removes every tensor with `part` in its name.
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
