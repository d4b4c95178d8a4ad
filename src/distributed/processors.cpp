#include <sched.h>
#include <unistd.h>

#include <algorithm>

#include "wsel/distributed/world.h"

namespace wsel::distributed {

int PartOf(const Processors& processors, int local_size) {
  const int allowed = processors.allowed;
  const bool own = allowed < processors.online && processors.bound_by_rank;
  return std::max(1, own ? allowed : allowed / local_size);
}

int ProcessorsPerRank(int local_size) {
  const auto online = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  cpu_set_t set;
  const bool known = sched_getaffinity(0, sizeof(set), &set) == 0;
  // torchrun and --ranks bind no rank: all have the processors of their parent.
  const bool by_rank = ProcessEnvironment("LOCAL_WORLD_SIZE").empty();
  return PartOf({.online = online,
                 .allowed = known ? CPU_COUNT(&set) : online,
                 .bound_by_rank = by_rank},
                local_size);
}

}  // namespace wsel::distributed
