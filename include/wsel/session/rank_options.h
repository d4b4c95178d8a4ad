// Torch-free.
#pragma once

#include <cstdint>

namespace wsel::session {

// How a command is divided among ranks.
struct RankOptions {
  int ranks = 0;  // to start; 0: those of the launcher, or one
  int64_t rendezvous_timeout = 300;  // seconds
};

// Ranks that a command would have, without starting or meeting any. Errors:
// kUsage if `ranks` is not the launcher's number; as distributed::FindWorld.
int CountRanks(const RankOptions& options);

}  // namespace wsel::session
