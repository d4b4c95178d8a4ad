#pragma once

#include <ATen/core/grad_mode.h>

#include "model/hashed_tensors.h"
#include "wsel/nn/build.h"

namespace wsel::nn {

// A model with the parameters of scripts/golden/hashed.py.
inline Model HashedModel(const model::Config& config) {
  Model model = Build(config);
  const at::NoGradGuard no_grad;
  for (const auto& item : model.module->named_parameters()) {
    at::Tensor parameter = item.value();
    const TensorSpec spec = {item.key(), parameter.sizes().vec()};
    parameter.copy_(
        model::ToTensor(model::HashedParameter(spec), parameter.sizes()));
  }
  return model;
}

}  // namespace wsel::nn
