#include "wsel/session/train_request.h"

#include <filesystem>

#include "wsel/core/error.h"
#include "wsel/run/file_names.h"

namespace wsel::session {

OpenedRecipe RecipeOf(const TrainRequest& request) {
  RecipeRequest recipe = request.recipe;
  const bool is_runs =
      request.resume && !request.output.empty() && recipe.config.empty();
  const auto config = std::filesystem::path(request.output) / run::kConfigFile;
  if (is_runs && std::filesystem::exists(config)) {
    std::string& of_run =
        recipe.model.model.empty() ? recipe.resumed : recipe.begun;
    of_run = config.string();
  }
  return ReadRecipe(recipe);
}

void RequireOutput(const TrainRequest& request) {
  if (!request.output.empty()) return;
  RecipeOf(request);  // its errors come first
  throw Error(ErrorKind::kUsage, "output", "is missing: the run's folder");
}

}  // namespace wsel::session
