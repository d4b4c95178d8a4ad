#include "sweep/srun.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "throws.h"
#include "wsel/sweep/launch.h"

namespace wsel::sweep {
namespace {

using testing::ElementsAre;

TEST(Srun, StartsTheRanksOnTheNodes) {
  unsetenv("SLURM_CPUS_PER_TASK");
  EXPECT_THAT(
      SrunArgv({"wsel", "train"}, 16, 2),
      ElementsAre("srun", "--nodes=2", "--ntasks=16", "--ntasks-per-node=8",
                  "--kill-on-bad-exit=0", "wsel", "train"));
  setenv("SLURM_CPUS_PER_TASK", "6", 1);
  EXPECT_THAT(
      SrunArgv({"wsel"}, 4, 2),
      ElementsAre("srun", "--nodes=2", "--ntasks=4", "--ntasks-per-node=2",
                  "--kill-on-bad-exit=0", "--cpus-per-task=6", "wsel"));
  unsetenv("SLURM_CPUS_PER_TASK");
}

TEST(Srun, NodesShareTheRanksEqually) {
  EXPECT_EQ(RanksPerNode(12, 3), 4);
  EXPECT_EQ(RanksPerNode(3, 1), 3);
  ExpectError([] { RanksPerNode(3, 2); }, ErrorKind::kUsage,
              {"ranks_per_run: is 3", "2 nodes"});
  ExpectError([] { RanksPerNode(2, 4); }, ErrorKind::kUsage, {"4 nodes"});
}

TEST(Srun, SeveralNodesNeedAJobThatHasThem) {
  unsetenv("SLURM_JOB_NUM_NODES");
  RequireJobOfNodes(1);
  ExpectError([] { RequireJobOfNodes(2); }, ErrorKind::kUsage,
              {"nodes_per_run: is 2", "not a job of Slurm", "--nodes=2"});
  setenv("SLURM_JOB_NUM_NODES", "2", 1);
  RequireJobOfNodes(2);
  ExpectError([] { RequireJobOfNodes(3); }, ErrorKind::kUsage,
              {"nodes_per_run: is 3", "has only 2", "--nodes=3"});
  unsetenv("SLURM_JOB_NUM_NODES");
}

}  // namespace
}  // namespace wsel::sweep
