#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "wsel/model/init.h"
#include "wsel/tensor/spec.h"

namespace wsel::nn {

// InitFor, which chooses the Init of a tensor, is in model/init.h because
// planning needs it without LibTorch.

// Draws a contiguous float32 tensor of spec.shape. Its values depend only on
// (seed, spec, init), not on other tensors, the order or the number of threads.
// Those that need no singular values are model::Draw's.
// kMimeticQkv and kMimeticProj of a block share a stream; its name lacks the
// last two components ("blocks.3.attn"), so that they match.
at::Tensor Draw(const model::Init& init, const TensorSpec& spec, uint64_t seed);

}  // namespace wsel::nn
