#include "wsel/session/recipe_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "wsel/core/error.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"
#include "wsel/core/utf8.h"
#include "wsel/session/model_options.h"
#include "wsel/session/recipe_of_checkpoint.h"

namespace wsel::session {
namespace {

using Json = nlohmann::ordered_json;

// All of it but `sets`, as overrides.
std::vector<std::string> Overrides(const RecipeRequest& request) {
  std::vector<std::string> sets;
  if (!request.augment.empty()) {
    sets = recipe::SetsOf(recipe::Augmentations().Find(
        request.augment, "augment", ErrorKind::kUsage));
  }
  if (request.three_augment) {
    const auto three = recipe::SetsOfThreeAugment();
    sets.insert(sets.end(), three.begin(), three.end());
  }
  sets.insert(sets.end(), request.fields.begin(), request.fields.end());
  if (request.model.ends_with(".json")) {
    NamedModel(request.model);  // its errors name the file
    const Json model =
        ParseJson(ReadText(request.model), request.model, ErrorKind::kConfig);
    sets.push_back("model=" + model.dump());
  } else if (!request.model.empty()) {
    RequireUtf8(request.model, "model");
    sets.push_back("model.name=" + Json(request.model).dump());
  }
  if (request.img_size) {
    sets.push_back("model.img_size=" + Json(*request.img_size).dump());
  }
  if (request.in_chans) {
    sets.push_back(fmt::format("model.in_chans={}", *request.in_chans));
  }
  if (request.skip_broken) sets.emplace_back("data.skip_corrupt=true");
  return sets;
}

bool GivesField(const RecipeRequest& request, std::string_view path) {
  return std::ranges::any_of(request.fields, [&](const std::string& set) {
    return set.starts_with(fmt::format("{}=", path));
  });
}

}  // namespace

OpenedRecipe ReadRecipe(const RecipeRequest& request) {
  const bool resumes = !request.resumed.empty();
  if (request.config.empty() && !resumes &&
      !(GivesField(request, "data.name") &&
        (!request.model.empty() || GivesField(request, "init.file")))) {
    throw Error(ErrorKind::kUsage, "wsel train",
                "needs `config`, or `dataset` and `model` or `init`");
  }
  const std::string& file = resumes ? request.resumed : request.config;
  const std::string where = file.empty() ? "recipe" : file;
  std::string text = file.empty() ? "{}" : ReadText(file);
  OpenedRecipe opened;
  recipe::Recipe& recipe = opened.recipe;
  recipe::WithSets(request.sets, [&](const std::vector<std::string>& sets) {
    auto all = Overrides(request);
    all.insert(all.end(), sets.begin(), sets.end());
    if (const auto init = recipe::InitWithoutModel(text, where, all)) {
      opened.init = pretrained::Open(init->file, init->copy);
      text =
          recipe::WithDefaults(text, where, RecipeOfCheckpoint(*opened.init));
    }
    recipe = resumes ? recipe::RecipeOfRun(text, where, all, request.epochs)
                     : recipe::RecipeFromJson(text, where, all, request.epochs);
  });
  return opened;
}

}  // namespace wsel::session
