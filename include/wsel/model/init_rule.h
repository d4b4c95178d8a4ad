// Torch-free.
#pragma once

#include "wsel/core/registry.h"
#include "wsel/model/config.h"
#include "wsel/model/init.h"
#include "wsel/model/layout.h"

namespace wsel::model {

// "timm", "trunc-normal", "xavier", "kaiming", "mimetic".
const Registry<Initializer>& Initializers();

// How `initializer` draws one tensor of the model. Sources: timm's
// init_weights_vit_timm and ConvNeXt._init_weights; torch.nn.init; Trockman &
// Kolter 2023. Errors: kConfig for mimetic on a ConvNeXt.
Init InitFor(const Config& config, const ModelTensor& tensor,
             Initializer initializer);

}  // namespace wsel::model
