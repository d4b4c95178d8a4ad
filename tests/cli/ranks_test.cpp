// Several ranks as processes: started by --ranks, and as a launcher starts
// them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "cli/launched_ranks.h"
#include "cli/ranks_run.h"
#include "cli/run_wsel.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/text_file.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

TEST_F(RanksCommand, StartsRanksThatTrainAndEvaluateAsOne) {
  const Outcome two = RunWsel(folder, TrainOnRanks("two", {"--ranks", "2"}));
  ASSERT_EQ(two.exit_code, 0) << two.err;
  EXPECT_EQ(CountOf(two.out, "best        top-1"), 1U);
  EXPECT_THAT(two.out,
              HasSubstr("batch       4 = 2 ranks x 2, each 2 x 1 accumulated"));
  EXPECT_THAT(two.out, HasSubstr("; 2 ranks x 1 thread\n"));
  EXPECT_THAT(two.err, HasSubstr("epoch 10/10"));
  EXPECT_THAT(two.err, HasSubstr("comm "));
  EXPECT_THAT(ReadText(folder / "two/metrics.jsonl"), HasSubstr("comm_wait"));
  std::string logged;
  const auto eval = [&](const std::vector<std::string>& more) {
    std::vector<std::string> args = {"eval",
                                     "--checkpoint",
                                     "two/last.safetensors",
                                     "--dataset",
                                     "folder",
                                     "--data-root",
                                     kRanksData,
                                     "--device",
                                     "cpu",
                                     "--batch-size",
                                     "1",
                                     "--predictions",
                                     "p.jsonl",
                                     "--logits",
                                     "--json"};
    args.insert(args.end(), more.begin(), more.end());
    const Outcome outcome = RunWsel(folder, args);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    logged = outcome.err;
    return outcome.out + ReadText(folder / "p.jsonl");
  };
  // Sums depend on the number of threads.
  ::setenv("OMP_NUM_THREADS", "1", 1);
  const std::string alone = eval({});
  EXPECT_THAT(logged, Not(HasSubstr("ranks")));
  EXPECT_EQ(eval({"--ranks", "2"}), alone);
  EXPECT_THAT(logged, HasSubstr("batches of 1 images on each of 2 ranks x 1 "
                                "thread"));
  ::unsetenv("OMP_NUM_THREADS");
}

TEST_F(RanksCommand, ErrorsOfAllRanksArePrintedOnce) {
  const Outcome run = RunWsel(folder, TrainOnRanks("run", {"--ranks", "3"}));
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_EQ(CountOf(run.err, "wsel: "), 1U) << run.err;
  EXPECT_THAT(run.err, HasSubstr("train.batch_size: is 4, which 3 ranks"));
  EXPECT_FALSE(fs::exists(folder / "run/config.json"));
  const Outcome again =
      RunWsel(folder, TrainOnRanks("run", {"--ranks", "2", "--dry-run"}));
  EXPECT_EQ(again.exit_code, 0) << again.err;
}

// Whether or not there is a GPU.
TEST_F(RanksCommand, MoreRanksThanGpusAreAnErrorBeforeAnyStarts) {
  const Outcome run = RunWsel(
      folder, {"train", "--config", "r.json", "--data-root", kRanksData,
               "--output", "run", "--device", "cuda", "--ranks", "999"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(CountOf(run.err, "wsel: "), 1U) << run.err;
  EXPECT_THAT(run.err, testing::AnyOf(HasSubstr("are 999 on this machine"),
                                      HasSubstr("no CUDA device")));
  EXPECT_FALSE(fs::exists(folder / "run"));
}

// As those of one rank do.
TEST_F(RanksCommand, ErrorsOfRanksNameOptions) {
  const Outcome init =
      RunWsel(folder, {"init", "--student", "vit_tiny", "--embed-dim", "12",
                       "--depth", "1", "--img-size", "32", "--num-classes", "2",
                       "--output", "s.safetensors"});
  ASSERT_EQ(init.exit_code, 0) << init.err;
  const auto eval = [&](const std::string& ranks) {
    return RunWsel(
        folder, {"eval", "--checkpoint", "s.safetensors", "--dataset", "folder",
                 "--data-root", kRanksData, "--device", "cpu", "--crop-pct",
                 "0.9", "--ranks", ranks});
  };
  for (const char* ranks : {"1", "2"}) {
    const Outcome run = eval(ranks);
    EXPECT_EQ(run.exit_code, 2) << run.err;
    // By the rank that is first to report it, whose name may come before.
    EXPECT_EQ(CountOf(run.err, "wsel: "), 1U) << run.err;
    EXPECT_EQ(CountOf(run.err, " --crop-pct: has no effect"), 1U) << run.err;
  }
}

// Without an address they meet at a file in the run's folder.
TEST_F(RanksCommand, RanksOfMpiNeedNoAddress) {
  Launched ranks(folder, 2, Launcher::kMpi);
  ranks.StartAll(2, TrainOnRanks("run"));
  EXPECT_EQ(ranks.Wait(0), 0) << ranks.Errors();
  EXPECT_EQ(ranks.Wait(1), 0) << ranks.Errors();
  EXPECT_GT(fs::file_size(folder / "run/last.safetensors"), 0U);
  EXPECT_FALSE(fs::exists(folder / "run/rendezvous-job_1"));
}

TEST_F(RanksCommand, RanksOfALauncherMustBeAsMany) {
  Launched ranks(folder, 2);
  ranks.StartAll(2, TrainOnRanks("run", {"--ranks", "4"}));
  EXPECT_EQ(ranks.Wait(0), 2);
  EXPECT_EQ(ranks.Wait(1), 2);
  EXPECT_EQ(CountOf(ranks.Errors(), "--ranks: is 4, but"), 1U)
      << ranks.Errors();
}

TEST_F(RanksCommand, OtherImagesAreNamed) {
  fs::copy(kRanksData, folder / "other", fs::copy_options::recursive);
  const auto images = fs::recursive_directory_iterator(folder / "other/train");
  const auto image = std::ranges::find_if(
      images, [](const auto& entry) { return entry.is_regular_file(); });
  ASSERT_NE(image, end(images));
  fs::copy_file(image->path(), image->path().parent_path() / "more.png");
  Launched ranks(folder, 2);
  ranks.Start(TrainOnRanks("run"));
  auto other = TrainOnRanks("run");
  std::ranges::replace(other, kRanksData, (folder / "other").string());
  ranks.Start(other);
  EXPECT_EQ(ranks.Wait(0), 3);
  EXPECT_EQ(ranks.Wait(1), 3);
  EXPECT_EQ(CountOf(ranks.Errors(), "train.images: 4, here 5"), 1U)
      << ranks.Errors();
}

TEST_F(RanksCommand, AnotherRecipeIsNamed) {
  Launched ranks(folder, 2);
  ranks.Start(TrainOnRanks("run"));
  ranks.Start(TrainOnRanks("run", {"--set", "optimizer.lr=0.5"}));
  EXPECT_EQ(ranks.Wait(0), 3);
  EXPECT_EQ(ranks.Wait(1), 3);
  EXPECT_EQ(CountOf(ranks.Errors(), "optimizer.lr: 0.004, now 0.5"), 1U)
      << ranks.Errors();
}

TEST_F(RanksCommand, AFolderThatOthersDoNotSeeIsNamed) {
  Launched ranks(folder, 2);
  ranks.Start(TrainOnRanks("a"));
  ranks.Start(TrainOnRanks("b"));
  EXPECT_EQ(ranks.Wait(0), 4);
  EXPECT_EQ(ranks.Wait(1), 4);
  EXPECT_EQ(CountOf(ranks.Errors(), "not the same folder on all ranks"), 1U)
      << ranks.Errors();
}

// Without its recipe, whose micro-batch the folder has as chosen for one rank.
TEST_F(RanksCommand, ARunResumesAloneOnMoreRanks) {
  WriteTextFile(folder / "r.json", RanksRecipe(4));
  ASSERT_EQ(RunWsel(folder, TrainOnRanks("run")).exit_code, 0);
  Launched ranks(folder, 2);
  ranks.StartAll(2, {"train", "--resume", "--output", "run", "--device", "cpu",
                     "--threads", "1", "--epochs", "6", "--track", "mlflow"});
  EXPECT_EQ(ranks.Wait(0), 0) << ranks.Errors();
  EXPECT_EQ(ranks.Wait(1), 0) << ranks.Errors();
  EXPECT_THAT(ranks.Errors(), HasSubstr("train.epochs 6, was 4"));
  const std::string summary = ReadText(folder / "run/summary.csv");
  EXPECT_EQ(std::ranges::count(summary, '\n'), 1 + 6);
  EXPECT_THAT(ReadText(folder / "run/config.json"), HasSubstr("\"epochs\": 6"));
  // Only the first rank writes.
  size_t stores = 0;
  for (const auto& entry : fs::directory_iterator(folder / "run/mlruns/0")) {
    stores += entry.is_directory() ? 1 : 0;
  }
  EXPECT_EQ(stores, 1U);
}

}  // namespace
}  // namespace wsel
