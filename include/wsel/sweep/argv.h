// Torch-free.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "wsel/run/trackers.h"
#include "wsel/sweep/expand.h"
#include "wsel/sweep/sweep_folder.h"

namespace wsel::sweep {

// Command-line arguments.
using Argv = std::vector<std::string>;

// A `wsel init` command; its checkpoint is shared by all runs with the same
// initialisation.
struct InitCommand {
  std::filesystem::path checkpoint;  // the output
  std::filesystem::path model;       // file for model_json
  std::string model_json;            // the student's model
  Argv argv;  // without the program and --output: "init", "--teacher", ...
};

// Empty if the run is initialised from a file, or at random by `wsel train`
// itself. `wsel probe` needs a checkpoint, so probes have a command for random
// initialisation too.
std::optional<InitCommand> InitCommandFor(const recipe::Recipe& recipe,
                                          bool probes,
                                          const SweepFolder& folder);

// The run's recipe with its initial checkpoint as init.file, and the sweep's
// shared cache.
recipe::Recipe ResolveRecipe(const PlannedRun& run, bool probes,
                             const SweepFolder& folder);

// The part of the machine that one run may use.
struct Resources {
  int threads = 0;              // 0: all
  std::string device = "auto";  // "cuda:1"
  int ranks = 1;                // each with `threads`
};

// How `wsel sweep` is called.
struct SweepCall {
  std::string file;    // the sweep file
  std::string output;  // the sweep's folder
  std::string data_root;
  std::vector<std::string> sets;  // overrides: "train.epochs=3"
  std::string device = "auto";
  int threads = 0;  // 0: all
  int ranks_per_run = 1;
  int nodes_per_run = 1;  // of Slurm
  bool retry_failed = false;
  std::vector<run::Tracker> track = {};  // of all runs; {}: as wsel train
};

// These, and InitCommandFor, are the only functions that spell options of this
// program; tests/cli/sweep_argv_test.cpp checks them against its options.
//
// Arguments of `wsel train` for a run with its recipe.json in its folder.
// `track`: as SweepCall's.
Argv TrainArgv(const PlannedRun& run, const SweepFolder& folder,
               const Resources& resources,
               const std::vector<run::Tracker>& track = {});

// Arguments of `wsel probe` for a run's initial checkpoint; `recipe` is
// ResolveRecipe's.
Argv ProbeArgv(const recipe::Recipe& recipe, const ProbeOptions& options,
               const Resources& resources);

// This program and its arguments for a task of a job array, to which "--only
// RUN" is added.
Argv TaskCommand(const SweepCall& call);

}  // namespace wsel::sweep
