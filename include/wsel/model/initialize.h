#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "wsel/model/init.h"
#include "wsel/model/layout.h"

namespace wsel::model {

// How `initializer` draws one tensor of the model. Sources: timm's
// init_weights_vit_timm and ConvNeXt._init_weights; torch.nn.init; Trockman &
// Kolter 2023. Errors: kConfig for mimetic on a ConvNeXt.
Init InitFor(const Config& config, const ModelTensor& tensor,
             Initializer initializer);

// Draws a float32 tensor. The numbers depend on (seed, spec.name, init) alone:
// not on other tensors, the order, or the number of threads.
// kMimeticQkv and kMimeticProj of one block take the name without its last two
// parts ("blocks.3.attn") as the address, so that the two fit.
at::Tensor Draw(const Init& init, const TensorSpec& spec, uint64_t seed);

}  // namespace wsel::model
