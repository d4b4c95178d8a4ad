// Torch-free.
#pragma once

#include <string>

#include "wsel/session/eval_request.h"

namespace wsel::cli {

// Options of `wsel eval`.
struct EvalArgs {
  session::EvalRequest request;
  std::string device = "auto";
  session::EvalFiles files;
  bool dry_run = false;
  bool json = false;
};

}  // namespace wsel::cli
