// Torch-free.
#pragma once

#include "wsel/model/config.h"

namespace wsel::calibrate {

// Errors: kMismatch, naming the forms, if this room cannot run the model layer
// by layer: a ViT with other norms, attention, MLPs or positions than timm's
// VisionTransformer has by default.
void RequireSupported(const model::Config& config);

}  // namespace wsel::calibrate
