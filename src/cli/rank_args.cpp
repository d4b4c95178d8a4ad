#include "rank_args.h"

namespace wsel::cli {

void AddRanks(CLI::App& c, session::RankOptions& args) {
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

}  // namespace wsel::cli
