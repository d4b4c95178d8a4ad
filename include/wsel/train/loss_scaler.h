#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "wsel/optim/named_tensors.h"

namespace wsel::train {

// Keeps small gradients from underflowing in fp16: the loss is multiplied by a
// scale that doubles after 2,000 steps without overflow and halves on overflow.
// Source: torch.amp.GradScaler, with its defaults.
class LossScaler {
 public:
  explicit LossScaler(const c10::Device& device);

  at::Tensor Scale(const at::Tensor& loss) const { return loss.mul(scale_); }

  // Divides the gradients by the scale and adapts it. Returns false if one is
  // NaN or infinite: the step must then be skipped.
  bool Unscale(const optim::NamedTensors& parameters);

  // "scale" and "growth_tracker"; they share this scaler's memory.
  optim::NamedTensors State() const {
    return {{"scale", scale_}, {"growth_tracker", growth_tracker_}};
  }

 private:
  at::Tensor scale_;           // float32 scalar
  at::Tensor growth_tracker_;  // int32 scalar: steps since the last overflow
};

}  // namespace wsel::train
