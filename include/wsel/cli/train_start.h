// Torch-free.
#pragma once

#include "wsel/cli/weights.h"
#include "wsel/recipe/recipe.h"

namespace wsel::cli {

// Opens the checkpoint that a recipe's training starts from, and says where the
// run uses its weights otherwise than they were trained: pictures, LayerNorm's
// eps, activation.
// Errors: kMismatch as RequireModel's, and for a tensor, the classifier's heads
// aside, that the model lacks or the file.
Weights OpenStart(const recipe::Recipe& recipe);

}  // namespace wsel::cli
