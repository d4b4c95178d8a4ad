// Torch-free.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "wsel/sweep/expand.h"
#include "wsel/sweep/sweep_folder.h"

namespace wsel::sweep {

using Words = std::vector<std::string>;

// A start that `wsel init` makes, once for all runs that it is equal for.
struct Student {
  std::filesystem::path file;   // the checkpoint
  std::filesystem::path model;  // the student's model as JSON
  std::string model_json;
  Words init;  // of `wsel`, without the output: "init", "--teacher", ...
};

// Nothing where the run starts from a file, or draws its own weights. A probe
// trains nothing, so its random start is made here too.
std::optional<Student> StudentOf(const recipe::Recipe& recipe, bool probes,
                                 const SweepFolder& folder);

// The run's recipe with its start as a file, and what runs share.
recipe::Recipe RecipeOfRun(const PlannedRun& run, bool probes,
                           const SweepFolder& folder);

// What a run may use of the machine.
struct Share {
  int threads = 0;              // 0: all
  std::string device = "auto";  // "cuda:1"
};

// `wsel train` for a run whose recipe.json is in its folder.
Words TrainWords(const PlannedRun& run, const SweepFolder& folder,
                 const Share& share);

// `wsel probe` of a run's start, by RecipeOfRun.
Words ProbeWords(const recipe::Recipe& recipe, const ProbeOptions& options,
                 const Share& share);

}  // namespace wsel::sweep
