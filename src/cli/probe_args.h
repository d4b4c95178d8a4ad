// Torch-free.
#pragma once

#include <string>

#include "wsel/data/options.h"
#include "wsel/probe/options.h"

namespace wsel::cli {

// Options of `wsel probe`.
struct ProbeArgs {
  probe::Backbone backbone;
  bool pixels = false;
  data::DataOptions data;
  std::string device = "auto";
  int threads = 0;
  std::string solver = "lbfgs";
  probe::ProbeOptions options;
  bool dry_run = false;
  bool json = false;
};

}  // namespace wsel::cli
