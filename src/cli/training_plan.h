// Torch-free.
#pragma once

#include "wsel/recipe/recipe.h"
#include "wsel/session/open_splits.h"

namespace wsel::cli {

// Prints a summary to check before training: the recipe, the model, the batch,
// the images and which of them choose the best weights, the steps. The number
// of images may be unknown. Errors: as data::StepsPerEpoch.
void PrintPlan(const recipe::Recipe& recipe, const session::SplitSizes& sizes);

}  // namespace wsel::cli
