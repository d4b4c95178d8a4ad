// Torch-free.
#pragma once

#include <CLI/CLI.hpp>

#include "wsel/session/recipe_request.h"

namespace wsel::cli {

// Adds the options of a recipe, which fill `request`; it must outlive the app.
void AddRecipeOptions(CLI::App& command, session::RecipeRequest& request);

}  // namespace wsel::cli
