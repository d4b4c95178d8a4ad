#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "wsel/model/init.h"
#include "wsel/tensor/spec.h"

namespace wsel::model {

// Which Init a tensor gets is decided by the torch-free init_rule.h: planning
// needs it and must not need torch.

// Draws a contiguous float32 tensor of spec.shape. The numbers depend on (seed,
// spec, init) alone: not on other tensors, the order, or the number of threads.
// Element i takes number i of RandomStream(seed, spec.name).
// kMimeticQkv and kMimeticProj of one block take the name without its last two
// parts ("blocks.3.attn") as the address, so that the two fit.
at::Tensor Draw(const Init& init, const TensorSpec& spec, uint64_t seed);

}  // namespace wsel::model
