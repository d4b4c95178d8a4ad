#include "wsel/session/recipe_of_checkpoint.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "wsel/image/channels.h"
#include "wsel/model/config_json.h"
#include "wsel/pretrained/facts.h"
#include "wsel/run/metadata_keys.h"

namespace wsel::session {

std::vector<std::string> RecipeOfCheckpoint(
    const pretrained::PretrainedCheckpoint& checkpoint) {
  using Json = nlohmann::ordered_json;
  pretrained::RequireKnownHeads(checkpoint);
  const auto facts = pretrained::FactsOf(checkpoint);
  Json model = Json::parse(model::ToJson(facts.model));
  model.erase("num_classes");
  const auto text = [](const std::string& value) { return Json(value).dump(); };
  std::vector<std::string> sets = {
      "model=" + model.dump(),
      "evaluation.crop_pct=" + Json(facts.crop_pct.value).dump(),
      "evaluation.interpolation=" +
          text(pretrained::FactText(facts.interpolation.value)),
      "evaluation.crop_mode=" +
          text(pretrained::FactText(facts.crop_mode.value))};
  const bool rgb_or_grey = image::IsRgbOrGrey(InChans(facts.model));
  for (const auto& [key, fact] :
       {std::pair("data.mean=", &facts.mean_std.mean),
        std::pair("data.std=", &facts.mean_std.std)}) {
    // The recipe requires those of images of n channels.
    if (!rgb_or_grey && fact->source == pretrained::FactSource::kAssumed) {
      continue;
    }
    sets.push_back(key + Json(fact->value).dump());
  }
  return sets;
}

bool WasTrained(const pretrained::PretrainedCheckpoint& checkpoint) {
  const auto& metadata = checkpoint.file->metadata();
  return metadata.contains(run::kRecipeKey) ||
         !metadata.contains(run::kPlanDigestKey);
}

}  // namespace wsel::session
