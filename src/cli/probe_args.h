// Torch-free.
#pragma once

#include <string>

#include "wsel/data/options.h"
#include "wsel/pretrained/checkpoint_request.h"
#include "wsel/probe/options.h"

namespace wsel::cli {

// Options of `wsel probe`.
struct ProbeArgs {
  pretrained::CheckpointRequest backbone;  // its classifier is left out
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
