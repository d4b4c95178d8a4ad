// Torch-free.
#pragma once

#include "wsel/session/train_request.h"

namespace wsel::cli {

// Options of `wsel train`.
struct TrainArgs {
  session::TrainRequest request;
  bool dry_run = false;
  bool help_all = false;
};

}  // namespace wsel::cli
