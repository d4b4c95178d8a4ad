#include "recipe_args.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "choice_option.h"
#include "renamed_option.h"
#include "wsel/core/error.h"
#include "wsel/core/split.h"
#include "wsel/core/text_file.h"
#include "wsel/select/options.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;

// "path=value", where the value is a string even if it looks like a number.
std::string SetText(const std::string& path, const std::string& text) {
  return path + "=" + Json(text).dump();
}

// All flags as overrides. --set comes last, and takes precedence.
std::vector<std::string> Overrides(const RecipeArgs& args) {
  std::vector<std::string> sets;
  const auto text = [&](const char* path, const std::string& value) {
    if (!value.empty()) sets.push_back(SetText(path, value));
  };
  const auto integer = [&](const char* path, std::optional<int64_t> value) {
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
    sets.push_back("data.classes=" + Json(Split(args.classes, ',')).dump());
  }
  integer("train.seed", args.seed);
  integer("data.workers", args.workers);
  if (args.skip_corrupt) sets.emplace_back("data.skip_corrupt=true");
  sets.insert(sets.end(), args.sets.begin(), args.sets.end());
  return sets;
}

// Sets the number of epochs, and scales the warmup along.
void SetEpochs(recipe::Recipe& recipe, int64_t epochs) {
  auto& schedule = recipe.train.schedule;
  const double warmup_share = static_cast<double>(schedule.warmup_epochs) /
                              static_cast<double>(schedule.epochs);
  schedule.warmup_epochs =
      std::llround(warmup_share * static_cast<double>(epochs));
  schedule.epochs = epochs;
  train::Validate(recipe.train);
}

void AddModel(CLI::App& c, RecipeArgs& args) {
  c.add_option("--model", args.model,
               "Model, as listed by wsel models; overrides the recipe's")
      ->type_name("MODEL");
  c.add_option("--init", args.init,
               "Initial checkpoint (init.file); a classifier with a different "
               "number of classes is re-initialised. Default: random "
               "initialisation by init.method")
      ->type_name("FILE");
  c.add_option(
       "--teacher", args.teacher,
       "Teacher checkpoint for --select and --distill, of any kind that wsel "
       "inspect reads; for --distill also a TorchScript module")
      ->type_name("FILE");
  c.add_option("--select", args.select,
               "Initialise by weight selection from the teacher; rule: " +
                   select::Methods().Choices() +
                   "; its other options are keys of init, as for wsel init")
      ->type_name("NAME");
}

void AddData(CLI::App& c, RecipeArgs& args) {
  c.add_option("--dataset", args.dataset,
               "Data set, as listed by wsel datasets; overrides the recipe's")
      ->type_name("NAME");
  c.add_option("--data-root", args.data_root, "Folder that holds the data set")
      ->type_name("DIR");
  c.add_option(
       "--subset", args.subset,
       "Number or share of training images, balanced by class: 500, 0.1 "
       "or 10%")
      ->type_name("SIZE");
  c.add_option("--classes", args.classes, "Only these classes: cat,dog")
      ->type_name("NAME,...");
  c.add_option("--workers", args.workers,
               "Data loader threads; 0: load in the main thread; -1: one per "
               "core");
  c.add_flag("--skip-corrupt", args.skip_corrupt,
             "Skip and count images that cannot be read (data.skip_corrupt)");
  AddOldName(c, "--skip-broken", "--skip-corrupt", args.skip_corrupt);
}

void AddOptimisation(CLI::App& c, RecipeArgs& args) {
  c.add_option("--epochs", args.epochs,
               "Number of epochs to train; the warmup is scaled along");
  c.add_option("--seed", args.seed, "Random seed");
}

void AddDistillation(CLI::App& c, RecipeArgs& args) {
  c.add_option(
       "--distill", args.distill,
       "Distil from the teacher; loss: " + train::Distillations().Choices())
      ->type_name("NAME");
  c.add_flag("--distill-cache", args.distill_cache,
             "Run the teacher once per image and reuse its outputs (needs "
             "transforms without randomness: augment.crop=evaluation and no "
             "other augmentation)");
}

void AddRecipe(CLI::App& c, RecipeArgs& args) {
  c.add_option("--config", args.config,
               "Recipe (JSON), such as configs/cifar100/vit_tiny.json")
      ->type_name("FILE");
  c.add_option("--set", args.sets,
               "Override a value of the recipe, such as optimizer.lr=1e-3, "
               "augment.hflip=0 or train.memory_gib=4; may be repeated. "
               "--help-all lists the paths")
      ->allow_extra_args(false)
      ->type_name("PATH=VALUE");
}

}  // namespace

void AddRecipeOptions(CLI::App& c, RecipeArgs& args) {
  c.option_defaults()->group("Recipe");
  AddRecipe(c, args);
  c.option_defaults()->group("Model");
  AddModel(c, args);
  c.option_defaults()->group("Data");
  AddData(c, args);
  c.option_defaults()->group("Optimisation");
  AddOptimisation(c, args);
  c.option_defaults()->group("Distillation");
  AddDistillation(c, args);
}

void PrintRecipeFields() {
  fmt::print("Recipe values for --set, with their defaults:\n");
  for (const recipe::Field& field : recipe::Fields()) {
    fmt::print("  {:28} {}\n", field.path, field.default_value);
  }
  fmt::print("  {:28} {}\n", "model.*", "as wsel models --json lists them");
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
  if (args.epochs) SetEpochs(recipe, *args.epochs);
  return recipe;
}

}  // namespace wsel::cli
