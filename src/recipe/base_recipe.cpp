#include "wsel/recipe/base_recipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "wsel/optim/schedule.h"
#include "wsel/recipe/recipe.h"

namespace wsel::recipe {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kFinetuneEpochs = 30;
constexpr int64_t kFinetuneWarmup = 5;
constexpr double kFinetuneLr = 2e-4;  // of a batch of 64
constexpr double kHeadOnlyLr = 2e-3;  // a linear classifier bears more

// Whether only the classifier is trained.
bool FreezesBackbone(const std::string& freeze) {
  if (freeze.empty()) return false;
  const Json parts = Json::parse(freeze);
  return parts.is_array() && std::ranges::any_of(parts, [](const Json& part) {
           return part == "backbone" || part == "all-but-head";
         });
}

// Of as many epochs as are given; "": the base's own.
int64_t WarmupOf(const std::string& epochs) {
  if (epochs.empty()) return kFinetuneWarmup;
  const Json number = Json::parse(epochs);
  // The recipe's reader rejects what is not a number of epochs.
  if (!number.is_number_integer()) return 0;
  const auto given = number.get<int64_t>();
  if (given < 1) return 0;
  return optim::ScaledWarmup(
      {.epochs = kFinetuneEpochs, .warmup_epochs = kFinetuneWarmup}, given);
}

}  // namespace

const Registry<BaseRecipe>& BaseRecipes() {
  static constexpr Registered<BaseRecipe> kRows[] = {
      {BaseRecipe::kPaper, "paper", "the paper's Table 13"},
      {BaseRecipe::kFinetune, "finetune", "of a model that was trained"}};
  static constexpr Registry<BaseRecipe> kRegistry("recipe", kRows);
  return kRegistry;
}

std::vector<std::string> SetsOf(BaseRecipe base) {
  if (base == BaseRecipe::kPaper) return {};
  std::vector<std::string> sets = SetsOf(Augmentation::kLight);
  sets.insert(
      sets.end(),
      {fmt::format("train.epochs={}", kFinetuneEpochs),
       fmt::format("train.warmup_epochs={}", kFinetuneWarmup),
       "train.batch_size=64", fmt::format("optimizer.lr={}", kFinetuneLr),
       "optimizer.layer_decay=0.75"});
  return sets;
}

std::string WithBase(std::string_view text, std::string_view where,
                     const std::vector<std::string>& sets, BaseRecipe base) {
  std::vector<std::string> defaults = SetsOf(base);
  if (defaults.empty()) return std::string(text);
  const auto given = [&](const char* path) {
    return GivenValue(text, where, sets, path);
  };
  defaults.push_back(
      fmt::format("train.warmup_epochs={}", WarmupOf(given("train.epochs"))));
  if (FreezesBackbone(given("train.freeze"))) {
    defaults.push_back(fmt::format("optimizer.lr={}", kHeadOnlyLr));
  }
  return WithDefaults(text, where, defaults);
}

}  // namespace wsel::recipe
