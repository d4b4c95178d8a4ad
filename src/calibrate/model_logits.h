#pragma once

#include <ATen/core/Tensor.h>

#include "wsel/calibrate/weights.h"
#include "wsel/model/config.h"

namespace wsel::calibrate {

// The logits [B, classes] of a model with these weights, of any architecture;
// undefined if it has no classifier. Autograd follows it.
at::Tensor ModelLogits(const model::Config& config, const Weights& weights,
                       const at::Tensor& images);

// The ConvNeXt that a config of either version is, but for GRN, which weights
// show.
model::ConvNextConfig ConvNextOf(const model::Config& config);

}  // namespace wsel::calibrate
