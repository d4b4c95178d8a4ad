// Torch-free.
#pragma once

#include "wsel/session/probe_request.h"

namespace wsel::cli {

// Options of `wsel probe`.
struct ProbeArgs {
  session::ProbeRequest request;
  bool dry_run = false;
  bool json = false;
};

}  // namespace wsel::cli
