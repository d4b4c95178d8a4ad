// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "wsel/recipe/recipe.h"
#include "wsel/sweep/sweep_file.h"

namespace wsel::sweep {

// Axis and label, in the order of the axes, the seed's left out: what makes two
// runs of one cell of a table differ is their seed alone.
using Labels = std::vector<std::pair<std::string, std::string>>;

// The axis whose values are repetitions.
inline constexpr const char* kSeedAxis = "train.seed";

// One run as the sweep means it.
struct PlannedRun {
  std::string slug;    // readable: "vit-uniform-s1"
  std::string digest;  // 8 hexadecimal digits of all that decides its numbers
  Labels labels;
  // Other combinations that come to the same run, which is made once.
  std::vector<Labels> also;
  recipe::Recipe recipe;

  // Of the run's folder.
  std::string name() const { return slug + "-" + digest; }
};

// All runs, in the order of the axes as the file has them, the last one
// fastest. `sets` are overrides of all runs ("data.root=DIR"), as of
// RecipeFromJson; data.root and such may be set whatever the file says.
// Errors: kIo for a recipe's file; kConfig, at the sweep's file and the run,
// for a value that the recipe refuses, a template's name that nobody gives, two
// axes or overrides that set one value differently, an axis that changes
// nothing; kConfig where no run is left, or more than 100,000 are.
std::vector<PlannedRun> Expand(const SweepFile& sweep,
                               const std::vector<std::string>& sets);

}  // namespace wsel::sweep
