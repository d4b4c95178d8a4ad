// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "wsel/sweep/argv.h"

namespace wsel::cli {

// Options of `wsel sweep`.
struct SweepArgs {
  sweep::SweepCall call;
  std::string status;
  std::vector<std::string> only;
  int jobs = 1;
  std::string launcher = "local";
  std::vector<std::string> slurm;
  bool dry_run = false;
};

}  // namespace wsel::cli
