// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wsel/pretrained/pretrained_checkpoint.h"
#include "wsel/recipe/base_recipe.h"
#include "wsel/recipe/recipe.h"
#include "wsel/session/model_options.h"

namespace wsel::session {

// A recipe as given on the command line: a file, or a data set and a model or
// an initial checkpoint, with overrides. Options are short for `sets`.
struct RecipeRequest {
  std::string config;
  std::string resumed;  // a run's configuration, to resume it without a recipe
  // Of a run that resumes with options that give its model: its configuration,
  // which has the values of its base recipe.
  std::string begun;
  std::optional<recipe::BaseRecipe> base;  // nullopt: by the initial weights
  ModelOptions model;                      // a name, a JSON file, sizes
  std::string augment;
  bool three_augment = false;
  std::vector<std::string> fields;  // overrides by options of recipe::Fields
  std::optional<int64_t> epochs;
  bool skip_broken = false;
  std::vector<std::string> sets;
};

// A recipe, and its init.file if that had to be opened.
struct OpenedRecipe {
  recipe::Recipe recipe;
  std::optional<pretrained::PretrainedCheckpoint> init;
  // Whence the values come that nothing gives, for the first lines of a run,
  // with fields in backticks; "": from a file.
  std::string base;
  bool of_run = false;  // those are of a run that resumes
};

// The recipe with its overrides. `epochs` scales the warmup along (paper,
// Figure 4). Without a file and `base`, what nothing gives is fine-tuning's if
// the initial checkpoint was trained, and else the paper's. Errors: kUsage,
// kIo, kConfig; if it names no model, those of RecipeOfCheckpoint.
OpenedRecipe ReadRecipe(const RecipeRequest& request);

}  // namespace wsel::session
