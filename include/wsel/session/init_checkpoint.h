// Torch-free.
#pragma once

#include "wsel/pretrained/pretrained_checkpoint.h"
#include "wsel/recipe/recipe.h"

namespace wsel::session {

// Opens the checkpoint that a run is initialised from (init.file), and warns if
// its weights were trained with another mean, std, LayerNorm eps or activation.
// Errors: as pretrained::RequireModel; kMismatch for unexpected or missing keys
// other than the classifier's.
pretrained::PretrainedCheckpoint OpenInitCheckpoint(
    const recipe::Recipe& recipe);

}  // namespace wsel::session
