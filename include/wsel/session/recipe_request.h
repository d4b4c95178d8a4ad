// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wsel/core/height_width.h"
#include "wsel/pretrained/pretrained_checkpoint.h"
#include "wsel/recipe/recipe.h"

namespace wsel::session {

// A recipe as given on the command line: a file, or a data set and a model or
// an initial checkpoint, with overrides. Options are short for `sets`.
struct RecipeRequest {
  std::string config;
  std::string resumed;  // a run's configuration, to resume it without a recipe
  std::string model;
  std::optional<HeightWidth> img_size;
  std::optional<int64_t> in_chans;
  std::string augment;
  bool three_augment = false;
  std::vector<std::string> fields;  // overrides by options of recipe::Fields
  std::optional<int64_t> epochs;
  bool skip_broken = false;
  std::vector<std::string> sets;
};

// A recipe, and its init.file if that had to be opened for the model.
struct OpenedRecipe {
  recipe::Recipe recipe;
  std::optional<pretrained::PretrainedCheckpoint> init;
};

// The recipe with its overrides. `epochs` scales the warmup along (paper,
// Figure 4). Errors: kUsage, kIo, kConfig; if it names no model, those of
// RecipeOfCheckpoint.
OpenedRecipe ReadRecipe(const RecipeRequest& request);

}  // namespace wsel::session
