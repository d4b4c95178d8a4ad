// Torch-free.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "wsel/pretrained/pretrained_checkpoint.h"
#include "wsel/recipe/base_recipe.h"
#include "wsel/recipe/recipe.h"
#include "wsel/session/model_options.h"

namespace wsel::cli {

// A recipe as given on the command line: a file, or a data set and a model or
// an initial checkpoint, with overrides. Flags are short for --set.
struct RecipeArgs {
  std::string config;
  std::string resumed;  // a run's configuration, to resume it without a recipe
  // Of a run that resumes with options that give its model: its configuration,
  // which has the values of its base recipe.
  std::string begun;
  std::optional<recipe::BaseRecipe> base;  // nullopt: by the initial weights
  session::ModelOptions model;             // a name, a JSON file, sizes
  std::string augment;
  bool three_augment = false;
  std::vector<std::string> fields;  // set by the options of recipe::Fields
  std::optional<int64_t> epochs;
  bool skip_broken = false;
  std::vector<std::string> sets;
};

// Adds the options, which fill `args`; it must outlive the app.
void AddRecipeOptions(CLI::App& command, RecipeArgs& args);

// A recipe, and its init.file if that had to be opened for the model.
struct OpenedRecipe {
  recipe::Recipe recipe;
  std::optional<pretrained::PretrainedCheckpoint> init;
  std::string
      base;  // whence values come that nothing gives, for the first lines
};

// The recipe with its overrides, which --epochs scales the warmup of (paper,
// Figure 4). Without a file and --recipe, what nothing gives is fine-tuning's
// if the initial checkpoint was trained, and else the paper's. Errors: kUsage,
// kIo, kConfig; if it names no model, those of session::RecipeOfCheckpoint.
OpenedRecipe ReadRecipe(const RecipeArgs& args);

}  // namespace wsel::cli
