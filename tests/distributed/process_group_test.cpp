#include "wsel/distributed/process_group.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>

#include "distributed/run_ranks.h"
#include "throws.h"

namespace wsel::distributed {
namespace {

class ProcessGroupTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!HasGloo()) GTEST_SKIP() << "this build has no Gloo";
  }
};

TEST_F(ProcessGroupTest, SumsAndLargestValuesAreThoseOfAllRanks) {
  for (const int size : {1, 2, 3}) {
    RunRanks(size, [&](ProcessGroup& group) {
      const at::Tensor own = at::arange(5, at::kFloat) + group.rank();
      group.Sum(own);
      const double offset = size * (size - 1) / 2.0;
      EXPECT_TRUE(at::equal(own, at::arange(5, at::kFloat) * size + offset));
      const at::Tensor largest = at::full({2}, group.rank(), at::kInt);
      group.StartMax(largest).Wait();
      EXPECT_TRUE(at::equal(largest, at::full({2}, size - 1, at::kInt)));
    });
  }
}

TEST_F(ProcessGroupTest, TransfersMayBeOnTheirWayTogether) {
  RunRanks(2, [](ProcessGroup& group) {
    std::vector<at::Tensor> tensors;
    std::vector<ProcessGroup::Transfer> transfers;
    for (int i = 0; i < 20; ++i) {
      tensors.push_back(at::full({1000}, i, at::kFloat));
      transfers.push_back(group.StartSum(tensors.back()));
    }
    for (auto& transfer : transfers) transfer.Wait();
    for (int i = 0; i < 20; ++i) {
      EXPECT_TRUE(at::equal(tensors[static_cast<size_t>(i)],
                            at::full({1000}, 2 * i, at::kFloat)));
    }
  });
}

TEST_F(ProcessGroupTest, BroadcastsTheFirstRanksValues) {
  RunRanks(3, [](ProcessGroup& group) {
    const at::Tensor tensor = at::full({3}, group.rank() + 7, at::kLong);
    group.Broadcast(tensor);
    EXPECT_TRUE(at::equal(tensor, at::full({3}, 7, at::kLong)));
    EXPECT_EQ(group.FromFirst(group.IsFirst() ? "of rank 0" : "other"),
              "of rank 0");
    EXPECT_EQ(group.FromFirst(""), "");
  });
}

TEST_F(ProcessGroupTest, GathersInTheOrderOfRanks) {
  RunRanks(3, [](ProcessGroup& group) {
    const auto all = group.Gather(at::full({2}, group.rank(), at::kLong));
    ASSERT_EQ(all.size(), 3U);
    for (int64_t rank = 0; rank < 3; ++rank) {
      EXPECT_TRUE(at::equal(all[static_cast<size_t>(rank)],
                            at::full({2}, rank, at::kLong)));
    }
  });
}

TEST_F(ProcessGroupTest, CountsTheRanksOfThisMachine) {
  RunRanks(3, [](ProcessGroup& group) {
    EXPECT_EQ(group.local_rank(), group.rank());
    EXPECT_EQ(group.local_size(), 3);
    EXPECT_THAT(group.NameOf(2), testing::StartsWith("rank 2 ("));
  });
}

TEST_F(ProcessGroupTest, NamesRanksThatDoNotCome) {
  const TempFolder folder;
  ExpectError(
      [&] {
        ProcessGroup({.rank = 1, .size = 4, .launch_id = "test"},
                     {.rendezvous_timeout = std::chrono::seconds(1),
                      .folder = folder.path()});
      },
      ErrorKind::kIo,
      {"3 of 4 ranks did not come within 1 s", "rendezvous_timeout", "0, 2, 3",
       (folder / "rendezvous-test").string(),
       "a file system that all machines share"});
}

// Puts into the file where ranks meet what a rank introduces itself by.
void IntroduceAs(const std::string& text, int rank, const TempFolder& folder) {
  c10d::PrefixStore store(
      "wsel/0", c10::make_intrusive<c10d::FileStore>(
                    (folder / "rendezvous-test").string(), /*numWorkers=*/2));
  store.set("rank/" + std::to_string(rank),
            std::vector<uint8_t>(text.begin(), text.end()));
}

TEST_F(ProcessGroupTest, NamesBothVersionsIfTheyDiffer) {
  const TempFolder folder;
  IntroduceAs(R"({"host": "gpu07", "pid": 4, "version": "0.0.1"})", 1, folder);
  ExpectError(
      [&] {
        ProcessGroup({.rank = 0, .size = 2, .launch_id = "test"},
                     {.folder = folder.path()});
      },
      ErrorKind::kConfig,
      {"rank 1 on gpu07 is wsel 0.0.1, but rank 0 on ", "the same build"});
}

TEST_F(ProcessGroupTest, AnotherProgramIsNotARank) {
  for (const char* text : {"hello", "[1]", "7"}) {
    const TempFolder folder;
    IntroduceAs(text, 1, folder);
    ExpectError(
        [&] {
          ProcessGroup({.rank = 0, .size = 2, .launch_id = "test"},
                       {.folder = folder.path()});
        },
        ErrorKind::kIo, {"rank 1", "is not a rank of wsel"});
  }
}

TEST_F(ProcessGroupTest, NeedsAPlaceToMeet) {
  ExpectError(
      [] { ProcessGroup({.rank = 0, .size = 2, .launch_id = "test"}, {}); },
      ErrorKind::kUsage, {"MASTER_ADDR", "is not set", "2 ranks"});
}

TEST_F(ProcessGroupTest, ARankThatEndsIsNoticedByTheOthers) {
  EXPECT_THROW(RunRanks(2,
                        [](ProcessGroup& group) {
                          if (group.rank() == 1) throw std::bad_alloc();
                          group.Sum(at::zeros({4}));
                        }),
               RankLost);
}

}  // namespace
}  // namespace wsel::distributed
