// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "wsel/session/recipe_request.h"

namespace wsel::session {

// The recipe in `text` with the values of its base recipe for keys that neither
// it nor the overrides `sets` give; of a run that resumes, with those of that
// run. Fills `opened.base`, and `opened.init` if only the checkpoint says which
// base it is. Errors: as pretrained::Open and recipe::WithBase.
std::string WithBaseOf(const RecipeRequest& request, const std::string& text,
                       const std::string& where,
                       const std::vector<std::string>& sets,
                       OpenedRecipe& opened);

}  // namespace wsel::session
