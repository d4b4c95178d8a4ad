// Torch-free.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/core/error.h"
#include "wsel/model/layout.h"
#include "wsel/tensor/source.h"

namespace wsel {

// The numbers of scripts/golden/hashed.py: element i of a tensor is a hash of
// (name, i), so that golden files hold results and no inputs.
inline std::vector<float> Hashed(std::string_view name, int64_t count) {
  uint64_t seed = 0xCBF29CE484222325;
  for (const char c : name) {
    seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  }
  std::vector<float> values(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    uint64_t x = seed + static_cast<uint64_t>(i) + 0x9E3779B97F4A7C15;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    x ^= x >> 31;
    values[i] = static_cast<float>(x >> 40) * 0x1p-24F - 0.5F;
  }
  return values;
}

// A checkpoint of a model that no file holds: its tensors are made when asked
// for.
class HashedSource : public TensorSource {
 public:
  explicit HashedSource(const model::Config& config) {
    for (const auto& tensor : model::Layout(config)) {
      specs_.push_back(tensor.spec);
    }
  }

  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view name) const override {
    const TensorSpec* spec = Find(name);
    if (spec == nullptr) throw Error(ErrorKind::kMismatch, name, "no tensor");
    auto values = std::make_shared<std::vector<float>>(
        Hashed(name, *ElementCount(spec->shape)));
    return {*spec, ContiguousStrides(spec->shape),
            std::as_bytes(std::span(*values)), values};
  }

  std::vector<TensorSpec>& specs() { return specs_; }

 private:
  std::vector<TensorSpec> specs_;
};

}  // namespace wsel
