// Torch-free.
#pragma once

#include "pretrained.h"
#include "wsel/recipe/recipe.h"

namespace wsel::cli {

// Opens the checkpoint that a run is initialised from (init.file), and warns if
// its weights were trained with another mean, std, LayerNorm eps or activation.
// Errors: as RequireModel; kMismatch for unexpected or missing keys other than
// the classifier's.
PretrainedCheckpoint OpenInitCheckpoint(const recipe::Recipe& recipe);

}  // namespace wsel::cli
