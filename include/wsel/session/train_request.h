// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "wsel/run/trackers.h"
#include "wsel/session/rank_options.h"
#include "wsel/session/recipe_request.h"

namespace wsel::session {

// A training as given on the command line.
struct TrainRequest {
  RecipeRequest recipe;
  RankOptions ranks;
  std::string output;  // the run's folder
  std::string device = "auto";
  int threads = 0;  // 0: one per core, shared by the ranks of a machine
  std::vector<run::Tracker> track;
  bool resume = false;
  bool allow_other_kernels = false;
};

// The recipe of a training. Of one that resumes without a recipe it is the
// run's or, if a model is given, what nothing gives is. Errors: as ReadRecipe.
OpenedRecipe RecipeOf(const TrainRequest& request);

// Errors: kUsage without a folder for the run, after those of RecipeOf.
void RequireOutput(const TrainRequest& request);

}  // namespace wsel::session
