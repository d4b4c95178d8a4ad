// Torch-free.
#pragma once

#include <string>

#include "rank_args.h"
#include "wsel/session/eval_request.h"

namespace wsel::cli {

// Options of `wsel eval`.
struct EvalArgs {
  session::EvalRequest request;
  std::string device = "auto";
  RankArgs ranks;
  session::EvalFiles files;
  bool dry_run = false;
  bool ece = false;
  bool json = false;
};

}  // namespace wsel::cli
