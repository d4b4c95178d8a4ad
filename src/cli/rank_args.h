// Torch-free.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

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

// "2 ranks x 1 thread" on the CPU, "2 ranks x 1 GPU". `threads` of each rank;
// 0: not known.
std::string RanksText(int ranks, const std::string& device, int threads);

}  // namespace wsel::cli
