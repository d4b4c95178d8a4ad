#include "rank_args.h"

#include <algorithm>

#include "wsel/core/error.h"
#include "wsel/distributed/world.h"

namespace wsel::cli {

void AddRanks(CLI::App& c, RankArgs& args) {
  c.add_option("--ranks", args.ranks,
               "Start this many ranks on this machine, one per GPU, or on the "
               "CPU with the cores divided")
      ->check(CLI::Range(1, 1024))
      ->type_name("N")
      ->default_str(
          "those that torchrun, srun or mpirun has started, else one");
  c.add_option("--rendezvous-timeout", args.rendezvous_timeout,
               "Seconds to wait for the other ranks")
      ->check(CLI::Range(1, 86400))
      ->type_name("SECONDS")
      ->capture_default_str();
}

int CountRanks(const RankArgs& args) {
  const auto world = distributed::FindWorld(distributed::ProcessEnvironment);
  if (!world) return std::max(args.ranks, 1);
  if (args.ranks == 0 || args.ranks == world->size) return world->size;
  throw Error(ErrorKind::kUsage, "--ranks",
              "is {}, but a launcher has started {} ranks: leave it out",
              args.ranks, world->size);
}

}  // namespace wsel::cli
