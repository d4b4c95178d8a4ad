#include <sched.h>
#include <unistd.h>

#include <algorithm>

#include "wsel/distributed/world.h"

namespace wsel::distributed {

int ProcessorsPerRank(int local_size) {
  const auto online = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  cpu_set_t set;
  const bool known = sched_getaffinity(0, sizeof(set), &set) == 0;
  const int bound = known ? CPU_COUNT(&set) : online;
  // A process that may use all of them shares them with the other ranks.
  return std::max(1, bound < online ? bound : online / local_size);
}

}  // namespace wsel::distributed
