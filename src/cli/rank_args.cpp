#include "rank_args.h"

#include <fmt/format.h>

#include <algorithm>

#include "wsel/core/error.h"
#include "wsel/distributed/world.h"

namespace wsel::cli {

void AddRanks(CLI::App& c, RankArgs& args) {
  c.add_option("--ranks", args.ranks,
               "Start this many ranks on this machine, one per GPU, or on the "
               "CPU with the cores divided; default: those that torchrun, srun "
               "or mpirun has started, else one")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  c.add_option("--rendezvous-timeout", args.rendezvous_timeout,
               "Seconds to wait for the other ranks")
      ->check(CLI::Range(1, 86400))
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

std::string RanksText(int ranks, const std::string& device, int threads) {
  const std::string count = fmt::format("{} ranks", ranks);
  if (device.starts_with("cuda")) return count + " x 1 GPU";
  if (threads == 0) return count;
  return fmt::format("{} x {} thread{}", count, threads,
                     threads == 1 ? "" : "s");
}

}  // namespace wsel::cli
