// Torch-free.
#pragma once

#include <CLI/CLI.hpp>

#include "wsel/session/init_request.h"

namespace wsel::cli {

// Adds the options of `wsel init`, which fill `request`; it must outlive the
// app.
void AddInitOptions(CLI::App& command, session::InitRequest& request);

}  // namespace wsel::cli
