#include "wsel/session/rank_options.h"

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

}  // namespace wsel::session
