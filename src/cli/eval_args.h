// Torch-free.
#pragma once

#include "wsel/session/eval_request.h"

namespace wsel::cli {

// Options of `wsel eval`.
struct EvalArgs {
  session::EvalJob job;
  bool dry_run = false;
  bool json = false;
};

}  // namespace wsel::cli
