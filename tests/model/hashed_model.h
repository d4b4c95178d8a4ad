#pragma once

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "model/hashed_parameters.h"
#include "wsel/model/build.h"

namespace wsel::model {

inline at::Tensor ToTensor(const std::vector<float>& values,
                           at::IntArrayRef shape) {
  return at::tensor(values).reshape(shape);
}

// A model with the parameters of scripts/golden/hashed.py.
inline Model HashedModel(const Config& config) {
  Model model = Build(config);
  const at::NoGradGuard no_grad;
  for (const auto& item : model.module->named_parameters()) {
    at::Tensor parameter = item.value();
    const TensorSpec spec = {item.key(), parameter.sizes().vec()};
    parameter.copy_(ToTensor(HashedParameter(spec), parameter.sizes()));
  }
  return model;
}

inline at::Tensor HashedNormalTensor(std::string_view name,
                                     at::IntArrayRef shape) {
  return ToTensor(HashedNormal(name, c10::multiply_integers(shape), 1.0),
                  shape);
}

}  // namespace wsel::model
