// Torch-free.
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "wsel/tensor/spec.h"

namespace wsel::model {

// The numbers of scripts/golden/hashed.py, to the bit: splitmix64 of a tensor's
// name and an element's index.
class HashedNumbers {
 public:
  explicit HashedNumbers(std::string_view name) {
    for (const char c : name) {
      seed_ = (seed_ ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    }
  }

  // In [0, 1).
  double Uniform(uint64_t index) const {
    uint64_t x = seed_ + index + 0x9E3779B97F4A7C15;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    x ^= x >> 31;
    return static_cast<double>(x >> 11) * 0x1p-53;
  }
  // The sum of four uniforms: nearly normal, of deviation 1.
  double Normal(uint64_t index) const {
    double sum = 0;
    for (uint64_t k = 0; k < 4; ++k) sum += Uniform(4 * index + k);
    return (sum - 2.0) * std::sqrt(3.0);
  }

 private:
  uint64_t seed_ = 0xCBF29CE484222325;
};

inline std::vector<float> HashedNormal(std::string_view name, int64_t count,
                                       double deviation) {
  const HashedNumbers numbers(name);
  std::vector<float> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(numbers.Normal(i) * deviation);
  }
  return values;
}

inline std::vector<float> HashedPositive(std::string_view name, int64_t count) {
  const HashedNumbers numbers(name);
  std::vector<float> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(numbers.Uniform(4 * i) + 0.5);
  }
  return values;
}

// A parameter of a model. None is constant, so that swapped norms or a lost
// bias show.
inline std::vector<float> HashedParameter(const TensorSpec& spec) {
  const std::string_view name = spec.name;
  const int64_t count = *ElementCount(spec.shape);
  const bool norm = spec.shape.size() == 1 && name.ends_with("weight");
  if (norm || name.ends_with("gamma")) return HashedPositive(name, count);
  if (name.ends_with("bias")) return HashedNormal(name, count, 0.1);
  if (name.ends_with("token") || name == "pos_embed") {
    return HashedNormal(name, count, 0.2);
  }
  const auto fan_in = static_cast<double>(count / spec.shape[0]);
  return HashedNormal(name, count, 1 / std::sqrt(fan_in));
}

}  // namespace wsel::model
