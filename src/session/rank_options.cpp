#include "wsel/session/rank_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "wsel/core/error.h"
#include "wsel/distributed/world.h"

namespace wsel::session {

int CountRanks(const RankOptions& options) {
  const auto world = distributed::FindWorld(distributed::ProcessEnvironment);
  if (!world) return std::max(options.ranks, 1);
  if (options.ranks == 0 || options.ranks == world->size) return world->size;
  throw Error(ErrorKind::kUsage, "ranks",
              "is {}, but a launcher has started {} ranks: leave it out",
              options.ranks, world->size);
}

std::string RanksText(int ranks, const std::string& device, int threads) {
  std::string count = fmt::format("{} ranks", ranks);
  if (device.starts_with("cuda")) return count + " x 1 GPU";
  if (threads == 0) return count;
  return fmt::format("{} x {} thread{}", count, threads,
                     threads == 1 ? "" : "s");
}

}  // namespace wsel::session
