#include "wsel/session/recipe_of_checkpoint.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "wsel/model/config_json.h"
#include "wsel/pretrained/facts.h"

namespace wsel::session {

std::vector<std::string> RecipeOfCheckpoint(
    const pretrained::PretrainedCheckpoint& checkpoint) {
  using Json = nlohmann::ordered_json;
  pretrained::RequireKnownHeads(checkpoint);
  const auto facts = pretrained::FactsOf(checkpoint);
  Json model = Json::parse(model::ToJson(facts.model));
  model.erase("num_classes");
  const auto text = [](const std::string& value) { return Json(value).dump(); };
  return {"model=" + model.dump(),
          "data.mean=" + Json(facts.mean_std.mean.value).dump(),
          "data.std=" + Json(facts.mean_std.std.value).dump(),
          "evaluation.crop_pct=" + Json(facts.crop_pct.value).dump(),
          "evaluation.interpolation=" +
              text(pretrained::FactText(facts.interpolation.value)),
          "evaluation.crop_mode=" +
              text(pretrained::FactText(facts.crop_mode.value))};
}

}  // namespace wsel::session
