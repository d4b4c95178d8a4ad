#include "wsel/cli/train_start.h"

#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "wsel/cli/account.h"
#include "wsel/cli/use_of_weights.h"
#include "wsel/train/start.h"

namespace wsel::cli {
namespace {

void ComparePictures(const recipe::Recipe& recipe, const Weights& start) {
  for (const auto& [key, values] :
       {std::pair(kMeanKey, recipe.train.normalisation.mean),
        std::pair(kStdKey, recipe.train.normalisation.std)}) {
    const auto then = PicturesOf(start, key);
    const std::string now = nlohmann::json(values).dump();
    if (!then || *then == now) continue;
    spdlog::warn(
        "{}: its weights saw pictures of {} {}, this run uses {}; "
        "data.{} sets it",
        recipe.init.file, key, *then, now, key == kMeanKey ? "mean" : "std");
  }
}

}  // namespace

Weights OpenStart(const recipe::Recipe& recipe) {
  Weights start = OpenWeights(recipe.init.file);
  const model::Detection& found = RequireModel(start);
  LogAccount(start);
  train::CheckStart(recipe.model, *start.adapted.tensors);
  RequireAllUsed(start, recipe.model);
  ComparePictures(recipe, start);
  for (const auto& clause : OtherUses(found.config, recipe.model)) {
    spdlog::warn("{}: its weights want {}, as this run's model has",
                 recipe.init.file, clause);
  }
  return start;
}

}  // namespace wsel::cli
