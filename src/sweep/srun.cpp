#include "srun.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <string>

#include "wsel/core/error.h"
#include "wsel/core/subprocess.h"
#include "wsel/sweep/launch.h"

namespace wsel::sweep {
namespace {

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

int RanksPerNode(int ranks, int nodes) {
  if (ranks % nodes == 0) return ranks / nodes;
  throw Error(ErrorKind::kUsage, "ranks_per_run",
              "is {}, which {} nodes (`nodes_per_run`) cannot share equally",
              ranks, nodes);
}

void RequireJobOfNodes(int nodes) {
  if (nodes == 1) return;
  const std::string text = Variable("SLURM_JOB_NUM_NODES");
  int found = 0;
  std::from_chars(text.data(), text.data() + text.size(), found);
  if (found >= nodes) return;
  throw Error(ErrorKind::kUsage, "nodes_per_run",
              "is {}, but {}: choose `launcher` slurm, or begin with salloc "
              "--nodes={}",
              nodes,
              text.empty() ? "this is not a job of Slurm"
                           : "this job of Slurm has only " + text,
              nodes);
}

Argv SrunArgv(const Argv& command, int ranks, int nodes) {
  Argv argv = {"srun", fmt::format("--nodes={}", nodes),
               fmt::format("--ntasks={}", ranks),
               fmt::format("--ntasks-per-node={}", RanksPerNode(ranks, nodes)),
               // Ranks end each other, after the first one has saved.
               "--kill-on-bad-exit=0"};
  // Since 22.05 srun does not take it from the job.
  const std::string cores = Variable("SLURM_CPUS_PER_TASK");
  if (!cores.empty()) argv.push_back("--cpus-per-task=" + cores);
  argv.insert(argv.end(), command.begin(), command.end());
  return argv;
}

bool TerminateSteps() {
  return Subprocess({"scancel", "--signal=TERM", Variable("SLURM_JOB_ID")},
                    "/dev/null", "/dev/null")
             .Wait()
             .code == 0;
}

}  // namespace wsel::sweep
