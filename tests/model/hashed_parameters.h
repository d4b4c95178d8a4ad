// Torch-free.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hashed_values.h"
#include "wsel/tensor/spec.h"

namespace wsel::model {

inline std::vector<float> HashedNormal(std::string_view name, int64_t count,
                                       double std) {
  const HashedValues numbers(name);
  std::vector<float> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(numbers.Normal(i) * std);
  }
  return values;
}

inline std::vector<float> HashedPositive(std::string_view name, int64_t count) {
  const HashedValues numbers(name);
  std::vector<float> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(numbers.Uniform(4 * i) + 0.5);
  }
  return values;
}

// A parameter of a model. None is constant, so that tests notice swapped norms
// or a missing bias.
inline std::vector<float> HashedParameter(const TensorSpec& spec) {
  const std::string_view name = spec.name;
  const int64_t count = *Numel(spec.shape);
  const bool norm = spec.shape.size() == 1 && name.ends_with("weight");
  if (norm || name.ends_with("gamma")) return HashedPositive(name, count);
  if (name.ends_with("bias")) return HashedNormal(name, count, 0.1);
  if (name.ends_with("token") || name == "pos_embed") {
    return HashedNormal(name, count, 0.2);
  }
  const int64_t fan_in = count / spec.shape[0];
  return HashedNormal(name, count, 1 / std::sqrt(fan_in));
}

}  // namespace wsel::model
