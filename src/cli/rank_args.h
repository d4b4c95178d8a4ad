// Torch-free.
#pragma once

#include <CLI/CLI.hpp>

#include "wsel/session/rank_options.h"

namespace wsel::cli {

// Adds --ranks and --rendezvous-timeout.
void AddRanks(CLI::App& command, session::RankOptions& options);

}  // namespace wsel::cli
