#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "wsel/optim/named_tensors.h"

namespace wsel::train {

// Keeps small gradients from vanishing in fp16: the loss is multiplied by a
// scale that doubles after 2,000 steps without an overflow and halves with one.
// Source: torch.amp.GradScaler, with its defaults.
class LossScaler {
 public:
  explicit LossScaler(const c10::Device& device);

  at::Tensor Scale(const at::Tensor& loss) const;

  // Divides the gradients by the scale and adapts it. False where one is not
  // finite: the step must be left out.
  bool Unscale(const optim::NamedTensors& parameters);

  // "scale" and "growth_tracker", shared.
  optim::NamedTensors State() const;

 private:
  at::Tensor scale_;           // float32 scalar
  at::Tensor growth_tracker_;  // int32 scalar: steps since the last overflow
};

}  // namespace wsel::train
