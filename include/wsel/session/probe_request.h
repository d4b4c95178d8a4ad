// Torch-free.
#pragma once

#include <string>

#include "wsel/data/options.h"
#include "wsel/pretrained/checkpoint_request.h"
#include "wsel/probe/options.h"

namespace wsel::session {

// A linear probe as given on the command line.
struct ProbeRequest {
  pretrained::CheckpointRequest backbone;  // its classifier is left out
  bool pixels = false;                     // instead of a backbone's features
  data::DataOptions data;
  std::string device = "auto";
  int threads = 0;  // 0: one per core
  std::string solver = "lbfgs";
  // Its solver, workers and skip_corrupt are those above and of the data.
  probe::ProbeOptions options;
};

}  // namespace wsel::session
