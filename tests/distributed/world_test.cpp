#include "wsel/distributed/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "throws.h"

namespace wsel::distributed {
namespace {

std::optional<World> WorldOf(
    const std::map<std::string, std::string>& variables) {
  return FindWorld([variables](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? "" : found->second;
  });
}

TEST(FindWorld, WithoutALauncherThereIsNone) {
  EXPECT_FALSE(WorldOf({}));
  EXPECT_FALSE(WorldOf({{"MASTER_ADDR", "a"}, {"RANK", "0"}}));
}

TEST(FindWorld, ReadsTorchrunsVariables) {
  const auto world = WorldOf({{"RANK", "3"},
                              {"WORLD_SIZE", "8"},
                              {"LOCAL_RANK", "1"},
                              {"LOCAL_WORLD_SIZE", "2"},
                              {"MASTER_ADDR", "gpu01"},
                              {"MASTER_PORT", "29400"},
                              {"TORCHELASTIC_RESTART_COUNT", "2"},
                              {"SLURM_PROCID", "0"},
                              {"SLURM_STEP_NUM_TASKS", "4"}});
  ASSERT_TRUE(world);
  EXPECT_EQ(world->rank, 3);
  EXPECT_EQ(world->size, 8);
  EXPECT_EQ(world->local_rank, 1);
  EXPECT_EQ(world->local_size, 2);
  EXPECT_EQ(world->host, "gpu01");
  EXPECT_EQ(world->port, 29400);
  EXPECT_EQ(world->restart, 2);
  EXPECT_FALSE(world->serves);
}

TEST(FindWorld, TheFirstRankHoldsTheStoreUnlessTorchrunDoes) {
  std::map<std::string, std::string> variables = {
      {"RANK", "0"}, {"WORLD_SIZE", "1"}, {"MASTER_ADDR", "a"}};
  const auto own = WorldOf(variables);
  ASSERT_TRUE(own);  // also a world of one
  EXPECT_TRUE(own->serves);
  EXPECT_EQ(own->port, 29500);  // PyTorch's
  variables["TORCHELASTIC_USE_AGENT_STORE"] = "True";
  EXPECT_FALSE(WorldOf(variables)->serves);
}

TEST(FindWorld, ReadsSlurmsVariablesOfAStep) {
  std::map<std::string, std::string> variables = {
      {"SLURM_PROCID", "5"},
      {"SLURM_LOCALID", "1"},
      {"SLURM_JOB_ID", "1000"},
      {"SLURM_STEP_ID", "2"},
      {"SLURM_NTASKS", "8"},
      {"SLURM_JOB_NODELIST", "gpu[01-04]"},
      {"SLURM_STEP_NODELIST", "gpu[02-03]"}};
  EXPECT_FALSE(WorldOf(variables));  // a batch script
  variables["SLURM_STEP_NUM_TASKS"] = "8";
  const auto world = WorldOf(variables);
  ASSERT_TRUE(world);
  EXPECT_EQ(world->rank, 5);
  EXPECT_EQ(world->size, 8);
  EXPECT_EQ(world->local_rank, 1);
  EXPECT_FALSE(world->local_size);  // counted when they meet
  EXPECT_EQ(world->host, "gpu02");
  EXPECT_EQ(world->port, 20000 + (1000 * 37 + 2) % 12000);
  variables["SLURM_STEP_NUM_NODES"] = "1";
  EXPECT_EQ(WorldOf(variables)->host, "127.0.0.1");
  variables["SLURM_STEP_NUM_TASKS"] = "1";
  variables["SLURM_PROCID"] = "0";
  variables["SLURM_LOCALID"] = "0";
  EXPECT_FALSE(WorldOf(variables));  // one task alone
}

TEST(FindWorld, ReadsTheVariablesOfMpi) {
  const auto open = WorldOf({{"OMPI_COMM_WORLD_RANK", "1"},
                             {"OMPI_COMM_WORLD_SIZE", "2"},
                             {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                             {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"},
                             {"PMIX_NAMESPACE", "prterun-a-17@1"}});
  ASSERT_TRUE(open);
  EXPECT_EQ(open->rank, 1);
  EXPECT_EQ(open->local_size, 2);
  EXPECT_EQ(open->host, "");
  EXPECT_EQ(open->launch_id, "prterun-a-17_1");  // of a file's name
  const auto intel = WorldOf({{"PMI_RANK", "1"},
                              {"PMI_SIZE", "2"},
                              {"MPI_LOCALRANKID", "0"},
                              {"MASTER_ADDR", "a"}});
  ASSERT_TRUE(intel);
  EXPECT_EQ(intel->size, 2);
  EXPECT_EQ(intel->local_rank, 0);
}

TEST(FindWorld, NamesTheVariableThatIsWrong) {
  const auto expect = [](std::map<std::string, std::string> variables,
                         const std::vector<std::string>& parts) {
    ExpectError([&] { WorldOf(variables); }, ErrorKind::kUsage, parts);
  };
  expect({{"RANK", "x"}, {"WORLD_SIZE", "2"}}, {"RANK", "'x'", "0 to 1"});
  expect({{"RANK", "2"}, {"WORLD_SIZE", "2"}}, {"RANK", "'2'", "0 to 1"});
  expect({{"RANK", "0"}, {"WORLD_SIZE", "-1"}}, {"WORLD_SIZE", "'-1'"});
  expect({{"RANK", "0"},
          {"WORLD_SIZE", "2"},
          {"MASTER_ADDR", "a"},
          {"MASTER_PORT", "70000"}},
         {"MASTER_PORT", "'70000'", "65535"});
  expect({{"PMI_RANK", "0"}, {"PMI_SIZE", "2"}},
         {"MASTER_ADDR", "is not set", "2 ranks"});
}

TEST(FirstHost, ExpandsSlurmsLists) {
  EXPECT_EQ(FirstHost("login"), "login");
  EXPECT_EQ(FirstHost("a,b"), "a");
  EXPECT_EQ(FirstHost("gpu[03-08,11],login"), "gpu03");
  EXPECT_EQ(FirstHost("rack[2,4]-node[07-09]"), "rack2-node07");
  EXPECT_EQ(FirstHost("gpu[7]-ib,gpu9"), "gpu7-ib");
  EXPECT_EQ(FirstHost(""), "");
}

TEST(ShareOf, DividesInWholeUnits) {
  const Share share = ShareOf(2, 4, 64, 8, "batch", "unit");
  EXPECT_EQ(share.first, 32);
  EXPECT_EQ(share.count, 16);
  ExpectError([] { ShareOf(0, 3, 64, 8, "batch", "unit"); }, ErrorKind::kConfig,
              {"batch", "64", "3 ranks"});
  ExpectError([] { ShareOf(0, 4, 64, 32, "batch", "unit"); },
              ErrorKind::kConfig, {"unit", "is 32", "16 images", "4 ranks"});
}

TEST(PartOf, DividesWhatTheRanksShare) {
  EXPECT_EQ(PartOf({16, 16, true}, 4), 4);
  EXPECT_EQ(PartOf({16, 4, true}, 4), 4);   // srun has bound each to 4
  EXPECT_EQ(PartOf({16, 8, false}, 4), 2);  // --ranks in a job of 8 cores
  EXPECT_EQ(PartOf({16, 1, false}, 4), 1);
}

TEST(ProcessorsPerRank, IsAtLeastOne) {
  EXPECT_GE(ProcessorsPerRank(1), 1);
  EXPECT_GE(ProcessorsPerRank(1 << 20), 1);
}

}  // namespace
}  // namespace wsel::distributed
