// Torch-free.
#pragma once

#include <cstdint>
#include <string>

namespace wsel::session {

// How a command is divided among ranks.
struct RankOptions {
  int ranks = 0;  // to start; 0: those of the launcher, or one
  int64_t rendezvous_timeout = 300;  // seconds
};

// Ranks that a command would have, without starting or meeting any. Errors:
// kUsage if `ranks` is not the launcher's number; as distributed::FindWorld.
int CountRanks(const RankOptions& options);

// "2 ranks x 1 thread" on the CPU, "2 ranks x 1 GPU". `threads` of each rank;
// 0: not known.
std::string RanksText(int ranks, const std::string& device, int threads);

}  // namespace wsel::session
