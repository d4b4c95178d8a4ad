#include "wsel/pretrained/recorded_recipe.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "wsel/core/json_object.h"
#include "wsel/run/metadata_keys.h"

namespace wsel::pretrained {

using Json = nlohmann::ordered_json;

RecordedRecipe::RecordedRecipe(const PretrainedCheckpoint& checkpoint)
    : path_(checkpoint.file->path().string()) {
  const auto& metadata = checkpoint.file->metadata();
  const auto found = metadata.find(run::kRecipeKey);
  if (found == metadata.end()) return;
  recipe_ = std::make_unique<Json>(
      ParseJson(found->second, fmt::format("{}: {}", path_, run::kRecipeKey),
                ErrorKind::kFormat));
}

RecordedRecipe::~RecordedRecipe() = default;

nlohmann::ordered_json RecordedRecipe::Value(const std::string& section,
                                             const std::string& key) const {
  if (!exists()) return nullptr;
  const Json::json_pointer path("/" + section + "/" + key);
  return recipe_->contains(path) ? recipe_->at(path) : Json(nullptr);
}

std::string RecordedRecipe::Where(const std::string& section,
                                  const std::string& key) const {
  return fmt::format("{}: {}: {}.{}", path_, run::kRecipeKey, section, key);
}

std::optional<std::string> RecordedRecipe::Text(const std::string& section,
                                                const std::string& key) const {
  const Json json = Value(section, key);
  if (json.is_null()) return std::nullopt;
  return json.is_string() ? json.get<std::string>() : json.dump();
}

}  // namespace wsel::pretrained
