// Torch-free.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>

namespace wsel::cli {

// How a command is divided among ranks.
struct RankArgs {
  int ranks = 0;  // to start; 0: those of the launcher, or one
  int64_t rendezvous_timeout = 300;
};

// Adds --ranks and --rendezvous-timeout.
void AddRanks(CLI::App& command, RankArgs& args);

// Ranks that a command would have, without starting or meeting any. Errors:
// kUsage if --ranks is not the launcher's number; as distributed::FindWorld.
int CountRanks(const RankArgs& args);

}  // namespace wsel::cli
