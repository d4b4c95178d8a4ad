// Torch-free.
#pragma once

#include "wsel/model/config.h"
#include "wsel/model/init.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::model {

// How `initializer` initialises one parameter of the model. Sources: timm's
// init_weights_vit_timm and ConvNeXt._init_weights; torch.nn.init, with the
// fans of the weight as stored (a fused qkv counts as one weight); mimetic.h.
// All but timm and mimetic set every bias to zero; norms, tokens, positions and
// layer scales are always timm's (except mimetic's sine-cosine positions).
// Errors: kConfig for mimetic on a ConvNeXt, or if the width is not a multiple
// of 4.
Init InitFor(const Config& config, const ParameterSpec& parameter,
             Initializer initializer);

}  // namespace wsel::model
