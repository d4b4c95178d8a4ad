#pragma once

#include <ATen/ATen.h>

#include "model/hashed_parameters.h"

namespace wsel::model {

inline at::Tensor ToTensor(const std::vector<float>& values,
                           at::IntArrayRef shape) {
  return at::tensor(values).reshape(shape);
}

// Of scripts/golden/hashed.py.
inline at::Tensor HashedNormalTensor(std::string_view name,
                                     at::IntArrayRef shape) {
  return ToTensor(HashedNormal(name, c10::multiply_integers(shape), 1.0),
                  shape);
}

}  // namespace wsel::model
