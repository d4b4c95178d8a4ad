// Torch-free.
#pragma once

#include "wsel/model/config.h"

namespace wsel::calibrate {

// Errors: kMismatch, naming the forms, if this room cannot run the model layer
// by layer: a ViT with a rare form (model/rare_forms.h), or without the biases
// that regression fits.
void RequireSupported(const model::Config& config);

}  // namespace wsel::calibrate
