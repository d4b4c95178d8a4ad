#include "wsel/session/recipe_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "request_base.h"
#include "wsel/core/error.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"
#include "wsel/core/utf8.h"
#include "wsel/session/model_options.h"
#include "wsel/session/recipe_of_checkpoint.h"

namespace wsel::session {
namespace {

using Json = nlohmann::ordered_json;

// The override of a size that a ViT has once and a ConvNeXt for each stage.
// Errors: kUsage for other text than numbers.
std::string SizeSet(std::string_view field, std::string_view of_vit,
                    std::string_view of_stages, const std::string& text) {
  if (text.find_first_not_of("0123456789,") != std::string::npos) {
    throw Error(ErrorKind::kUsage, field,
                "'{}': expected one integer or, of a ConvNeXt, four "
                "comma-separated integers, one per stage",
                text);
  }
  return text.find(',') == std::string::npos
             ? fmt::format("model.{}={}", of_vit, text)
             : fmt::format("model.{}=[{}]", of_stages, text);
}

void AddModelSets(const ModelOptions& given, std::vector<std::string>& sets) {
  const std::string& name = given.model;
  if (name.ends_with(".json")) {
    NamedModel(name);  // its errors name the file
    const Json model = ParseJson(ReadText(name), name, ErrorKind::kConfig);
    sets.push_back("model=" + model.dump());
  } else if (!name.empty()) {
    RequireUtf8(name, "model");
    sets.push_back("model.name=" + Json(name).dump());
  }
  const auto add = [&](std::string_view key, const auto& value) {
    if (!value) return;
    sets.push_back(fmt::format("model.{}={}", key, Json(*value).dump()));
  };
  add("img_size", given.img_size);
  add("patch_size", given.patch_size);
  add("in_chans", given.in_chans);
  add("num_heads", given.num_heads);
  if (!given.depth.empty()) {
    sets.push_back(SizeSet("depth", "depth", "depths", given.depth));
  }
  if (!given.embed_dim.empty()) {
    sets.push_back(SizeSet("embed_dim", "embed_dim", "dims", given.embed_dim));
  }
}

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
  AddModelSets(request.model, sets);
  if (request.skip_broken) sets.emplace_back("data.skip_corrupt=true");
  return sets;
}

bool GivesField(const RecipeRequest& request, std::string_view path) {
  return std::ranges::any_of(request.fields, [&](const std::string& set) {
    return set.starts_with(fmt::format("{}=", path));
  });
}

// The recipe in `text` with the overrides `sets`, and what nothing gives.
OpenedRecipe OpenRecipe(const RecipeRequest& request, const std::string& text,
                        const std::string& where,
                        const std::vector<std::string>& sets) {
  const auto lacks = [&](std::string_view path) {
    return recipe::GivenValue(text, where, sets, path).empty();
  };
  OpenedRecipe opened;
  opened.of_run = !request.resumed.empty() || !request.begun.empty();
  std::string whole = text;
  if (const auto init = recipe::InitWithoutModel(text, where, sets)) {
    opened.init = pretrained::Open(init->file, init->copy);
    whole = recipe::WithDefaults(text, where, RecipeOfCheckpoint(*opened.init));
  }
  whole = WithBaseOf(request, whole, where, sets, opened);
  opened.recipe =
      request.resumed.empty()
          ? recipe::RecipeFromJson(whole, where, sets, request.epochs)
          : recipe::RecipeOfRun(whole, where, sets, request.epochs);
  opened.recipe.default_batch_size = lacks("train.batch_size");
  opened.recipe.default_mixup_batch = lacks("train.mixup_batch");
  return opened;
}

}  // namespace

OpenedRecipe ReadRecipe(const RecipeRequest& request) {
  const bool resumes = !request.resumed.empty();
  if (request.config.empty() && !resumes &&
      !(GivesField(request, "data.name") &&
        (!request.model.model.empty() || GivesField(request, "init.file")))) {
    throw Error(ErrorKind::kUsage, "wsel train",
                "needs `config`, or `dataset` and `model` or `init`");
  }
  const std::string& file = resumes ? request.resumed : request.config;
  const std::string where = file.empty() ? "recipe" : file;
  const std::string text = file.empty() ? "{}" : ReadText(file);
  OpenedRecipe opened;
  recipe::WithSets(request.sets, [&](const std::vector<std::string>& sets) {
    auto all = Overrides(request);
    all.insert(all.end(), sets.begin(), sets.end());
    opened = OpenRecipe(request, text, where, all);
  });
  return opened;
}

}  // namespace wsel::session
