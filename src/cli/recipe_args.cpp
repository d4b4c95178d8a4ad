#include "wsel/cli/recipe_args.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "wsel/core/error.h"
#include "wsel/core/text_file.h"
#include "wsel/select/options.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;

// "path=value" with a value that is text, whatever it looks like.
std::string SetText(const std::string& path, const std::string& text) {
  return path + "=" + Json(text).dump();
}

std::vector<std::string> Split(const std::string& list) {
  std::vector<std::string> parts;
  size_t start = 0;
  for (size_t comma = list.find(','); comma != std::string::npos;
       start = comma + 1, comma = list.find(',', start)) {
    parts.push_back(list.substr(start, comma - start));
  }
  parts.push_back(list.substr(start));
  return parts;
}

// All flags as overrides; --set comes last, as the most exact.
std::vector<std::string> Overrides(const RecipeArgs& args) {
  std::vector<std::string> sets;
  const auto text = [&](const char* path, const std::string& value) {
    if (!value.empty()) sets.push_back(SetText(path, value));
  };
  const auto number = [&](const char* path, std::optional<int64_t> value) {
    if (value) sets.push_back(fmt::format("{}={}", path, *value));
  };
  text("model.name", args.model);
  text("data.name", args.dataset);
  text("data.root", args.data_root);
  text("init.file", args.init);
  text("teacher.file", args.teacher);
  text("init.select", args.select);
  text("distill.method", args.distill);
  if (args.distill_cache) sets.emplace_back("distill.cache=true");
  text("data.subset", args.subset);
  if (!args.classes.empty()) {
    sets.push_back("data.classes=" + Json(Split(args.classes)).dump());
  }
  number("train.seed", args.seed);
  number("data.workers", args.workers);
  if (args.skip_broken) sets.emplace_back("data.skip_broken=true");
  sets.insert(sets.end(), args.sets.begin(), args.sets.end());
  return sets;
}

// The recipe for `epochs`, with the warm-up's share kept.
void Shorten(recipe::Recipe& recipe, int64_t epochs) {
  auto& train = recipe.train;
  const double share = static_cast<double>(train.warmup_epochs) /
                       static_cast<double>(train.epochs);
  train.warmup_epochs = std::llround(share * static_cast<double>(epochs));
  train.epochs = epochs;
  train::Validate(train);
}

}  // namespace

void AddRecipeOptions(CLI::App& c, RecipeArgs& args) {
  c.add_option("--config", args.config,
               "A recipe, such as configs/cifar100/vit_tiny.json");
  c.add_option("--model", args.model, "Instead of a recipe: see wsel models");
  c.add_option("--dataset", args.dataset,
               "Instead of a recipe: see wsel datasets");
  c.add_option("--data-root", args.data_root,
               "The folder that holds the data set");
  c.add_option("--init", args.init,
               "A checkpoint to start from, as wsel init writes it; a head of "
               "other classes is made anew. Without it: init.method");
  c.add_option(
      "--teacher", args.teacher,
      "A checkpoint to select from or to distil: any that wsel inspect "
      "understands, or a TorchScript module to distil");
  c.add_option("--select", args.select,
               "Start by weight selection from the teacher: " +
                   select::Methods().Choices());
  c.add_option(
      "--distill", args.distill,
      "Learn from the teacher too: " + train::Distillations().Choices());
  c.add_flag("--distill-cache", args.distill_cache,
             "Ask the teacher once a picture, where pictures do not change "
             "from epoch to epoch (augment.crop=evaluation and no other "
             "augmentation)");
  c.add_option("--subset", args.subset,
               "Training pictures, balanced by class: 500, 0.1 or 10%");
  c.add_option("--classes", args.classes, "Only these classes: cat,dog");
  c.add_option("--epochs", args.epochs,
               "A shorter or longer training; the warm-up keeps its share");
  c.add_option("--seed", args.seed, "Of every random draw");
  c.add_option("--workers", args.workers,
               "Threads that load pictures; 0: none of their own");
  c.add_flag("--skip-broken", args.skip_broken,
             "Leave out pictures that cannot be read, and count them");
  c.add_option("--set", args.sets,
               "A value of the recipe: optimizer.lr=1e-3; may be repeated")
      ->allow_extra_args(false);
}

recipe::Recipe ReadRecipe(const RecipeArgs& args) {
  if (args.config.empty() && (args.model.empty() || args.dataset.empty())) {
    throw Error(ErrorKind::kUsage, "wsel train",
                "needs --config, or both --model and --dataset");
  }
  const bool file = !args.config.empty();
  auto recipe =
      recipe::RecipeFromJson(file ? ReadText(args.config) : "{}",
                             file ? args.config : "recipe", Overrides(args));
  if (args.epochs) Shorten(recipe, *args.epochs);
  return recipe;
}

}  // namespace wsel::cli
