#pragma once

#include "wsel/optim/named_tensors.h"

namespace wsel::optim {

// Scales all gradients alike where their joint L2 norm is above `max_norm`, to
// max_norm / (norm + 1e-6) times themselves: torch.nn.utils.clip_grad_norm_.
// Parameters without a gradient are passed over. Returns the norm before, a
// float32 scalar on the parameters' device (0 on the CPU where no gradient is),
// and waits for no device. A norm that is NaN or infinite is returned, and
// spoils the gradients as in torch: look at it before the step.
// Errors: kConfig for max_norm <= 0 or not finite.
at::Tensor ClipGradients(const NamedTensors& parameters, double max_norm);

}  // namespace wsel::optim
