// Torch-free.
#pragma once

#include "wsel/model/config.h"
#include "wsel/model/init.h"
#include "wsel/model/layout.h"

namespace wsel::model {

// How `initializer` draws one tensor of the model. Sources: timm's
// init_weights_vit_timm and ConvNeXt._init_weights; torch.nn.init, whose fans
// are those of the weight as it is stored (a fused qkv is one); mimetic.h.
// All but timm and mimetic set every bias to zero; norms, tokens, positions and
// layer scales are timm's (mimetic: sine-cosine positions).
// Errors: kConfig for mimetic on a ConvNeXt, or on a width that is no multiple
// of 4.
Init InitFor(const Config& config, const ModelTensor& tensor,
             Initializer initializer);

}  // namespace wsel::model
