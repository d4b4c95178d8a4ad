// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "wsel/recipe/recipe.h"

namespace wsel::session {

// What a checkpoint knows, as overrides of a recipe (recipe::WithDefaults): its
// model, but for the number of classes, and the mean, standard deviation, crop
// and interpolation of its images. Logs where it knows them from. Errors: as
// pretrained::Open, FactsOf and RequireKnownHeads.
std::vector<std::string> RecipeOfCheckpoint(const recipe::InitOptions& init);

}  // namespace wsel::session
