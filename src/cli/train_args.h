// Torch-free.
#pragma once

#include <string>

#include "recipe_args.h"

namespace wsel::cli {

// Options of `wsel train`.
struct TrainArgs {
  RecipeArgs recipe;
  std::string output;
  std::string device = "auto";
  int threads = 0;
  bool resume = false;
  bool allow_other_kernels = false;
  bool dry_run = false;
  bool help_all = false;
};

}  // namespace wsel::cli
