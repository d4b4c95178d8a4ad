// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "rank_args.h"
#include "recipe_args.h"
#include "wsel/run/trackers.h"

namespace wsel::cli {

// Options of `wsel train`.
struct TrainArgs {
  RecipeArgs recipe;
  RankArgs ranks;
  std::string output;
  std::string device = "auto";
  int threads = 0;
  std::vector<run::Tracker> track;
  bool resume = false;
  bool allow_other_kernels = false;
  bool dry_run = false;
  bool help_all = false;
};

}  // namespace wsel::cli
