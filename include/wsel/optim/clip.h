#pragma once

#include "wsel/optim/named_tensors.h"

namespace wsel::optim {

// Clips the gradients to a total L2 norm of `max_norm`, as
// torch.nn.utils.clip_grad_norm_: above it they are multiplied by
// max_norm / (norm + 1e-6). Parameters without a gradient are skipped. Returns
// the norm before clipping, a float32 scalar on the parameters' device (0 on
// the CPU if there are no gradients), without synchronising with the device. As
// in torch, a NaN or infinite norm makes the gradients NaN: check it before the
// step. Errors: kConfig if max_norm is not positive or not finite.
at::Tensor ClipGradients(const NamedTensors& parameters, double max_norm);

}  // namespace wsel::optim
