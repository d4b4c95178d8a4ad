// Torch-free.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hashed_values.h"
#include "wsel/core/error.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/tensor/source.h"

namespace wsel {

// `hashed` of scripts/golden/hashed.py: in [-0.5, 0.5), with 24 random bits.
inline std::vector<float> Hashed(std::string_view name, int64_t count) {
  const HashedValues hashed(name);
  std::vector<float> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(hashed.Bits(i) >> 40) * 0x1p-24F - 0.5F;
  }
  return values;
}

// A synthetic checkpoint of a model: tensors are generated on access.
class HashedSource : public TensorSource {
 public:
  explicit HashedSource(const model::Config& config) {
    for (const auto& tensor : model::ParameterSpecs(config)) {
      specs_.push_back(tensor.spec);
    }
  }

  explicit HashedSource(std::vector<TensorSpec> specs)
      : specs_(std::move(specs)) {}

  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view name) const override {
    const TensorSpec* spec = Find(name);
    if (spec == nullptr) throw Error(ErrorKind::kMismatch, name, "no tensor");
    auto values =
        std::make_shared<std::vector<float>>(Hashed(name, *Numel(spec->shape)));
    return {*spec, ContiguousStrides(spec->shape),
            std::as_bytes(std::span(*values)), values};
  }

  std::vector<TensorSpec>& specs() { return specs_; }

 private:
  std::vector<TensorSpec> specs_;
};

}  // namespace wsel
