// Torch-free.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "wsel/recipe/recipe.h"
#include "wsel/run/run_record.h"
#include "wsel/sweep/sweep_file.h"

namespace wsel::sweep {

using run::Labels;

// One run of a sweep.
struct PlannedRun {
  std::string slug;  // readable: "vit-uniform-s1"
  // 8 hex digits of the settings that affect its results. Folders of images do
  // not count; of runs that differ only in them, those after the first have
  // digests of their own.
  std::string digest;
  Labels labels;
  // Other combinations that resolve to the same run, which runs once.
  std::vector<Labels> other_labels;
  recipe::Recipe recipe;

  // The name of the run's folder.
  std::string name() const { return slug + "-" + digest; }
};

// All runs, in the order of Combinations. `sets` are overrides of all runs
// ("data.root=DIR"), as for RecipeFromJson, and take precedence over the file.
// Errors: kIo for a recipe file; kConfig, with the sweep's file and the run,
// for a value that is not valid in the recipe, an undefined template variable,
// two axes or overrides that set one key to different values, or an axis
// without effect; kConfig if no run or more than 100,000 runs result.
std::vector<PlannedRun> Expand(const SweepFile& sweep,
                               const std::vector<std::string>& sets);

// Drops the runs with a name and slug that match no shell pattern; without
// patterns none. Errors: kUsage for a pattern that matches no run.
void KeepOnly(const std::vector<std::string>& patterns,
              std::vector<PlannedRun>& runs);

// Missing files that the runs need; for a recipe without data.root the name of
// its data set.
std::set<std::string> MissingFiles(const std::vector<PlannedRun>& runs);

}  // namespace wsel::sweep
