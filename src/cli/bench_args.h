// Torch-free.
#pragma once

#include <string>

#include "wsel/session/bench_request.h"

namespace wsel::cli {

// Options of `wsel bench`.
struct BenchArgs {
  session::BenchRequest request;
  std::string device = "auto";
  bool json = false;
};

}  // namespace wsel::cli
