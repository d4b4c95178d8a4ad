// How several ranks end when one of them ends, is stopped or never comes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>

#include "cli/launched_ranks.h"
#include "cli/ranks_run.h"
#include "cli/run_wsel.h"
#include "wsel/core/atomic_file.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// For a signal to arrive anywhere in a step or a save.
void SleepFor(uint64_t milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

// What AtomicFile leaves where a process is killed.
int CountTemporaryFiles(const fs::path& folder) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    count += name.find(".tmp.") == std::string::npos ? 0 : 1;
  }
  return count;
}

// The two others must find each other within that time, on a busy machine too.
TEST_F(RanksCommand, ARankThatNeverComesIsNamed) {
  Launched ranks(folder, 3);
  ranks.StartAll(2, TrainOnRanks("run", {"--rendezvous-timeout", "20"}));
  EXPECT_EQ(ranks.Wait(0), 4);
  EXPECT_EQ(ranks.Wait(1), 4);
  EXPECT_EQ(CountOf(ranks.Errors(), "1 of 3 ranks did not come within 20 s"),
            1U)
      << ranks.Errors();
  EXPECT_THAT(ranks.Errors(), HasSubstr("timeout): 2;"));
}

// Nobody opens the store, so that each of them has to report it.
TEST_F(RanksCommand, WithoutRankZeroTheOthersPrintOneLine) {
  Launched ranks(folder, 3);
  const auto args = TrainOnRanks("run", {"--rendezvous-timeout", "3"});
  for (const size_t rank : {1, 2}) ranks.StartRank(rank, args);
  for (const size_t rank : {1, 2}) {
    EXPECT_EQ(ranks.Wait(rank), 4);
    const std::string errors = ranks.ErrorsOf(rank);
    EXPECT_EQ(CountOf(errors, "\n"), 1U) << errors;
    EXPECT_THAT(errors, HasSubstr("wsel: 127.0.0.1:"));
    EXPECT_THAT(errors, HasSubstr("rank " + std::to_string(rank) +
                                  " did not reach rank 0 there within 3 s"));
    EXPECT_THAT(errors, HasSubstr("--rendezvous-timeout"));
  }
}

// At random instants, also during saves: the run then ends in the bytes of one
// that was never stopped.
TEST_F(RanksCommand, TerminatingOneRankSavesOnceAndEndsAll) {
  WriteTextFile(folder / "r.json", RanksRecipe(150));
  const auto train = [&](const char* output) {
    return TrainOnRanks(output,
                        {"--resume", "--set", "train.val_interval=1000"});
  };
  std::mt19937 random(7);
  int stopped = 0;
  for (int attempt = 0; attempt < 10; ++attempt) {
    Launched ranks(folder, 2);
    ranks.StartAll(2, train("run"));
    WaitForSave(folder);
    SleepFor(random() % 60);
    ranks[random() % 2].Signal(SIGTERM);
    const int code = ranks.Wait(0);
    EXPECT_EQ(ranks.Wait(1), code);
    if (code == 0) break;  // it was done
    EXPECT_EQ(code, 143) << ranks.Errors();
    EXPECT_EQ(CountOf(ranks.Errors(), "stopped after step"), 1U)
        << ranks.Errors();
    EXPECT_EQ(CountTemporaryFiles(folder / "run"), 0);
    ++stopped;
  }
  EXPECT_GE(stopped, 5);
  for (const char* output : {"run", "whole"}) {
    Launched ranks(folder, 2);
    ranks.StartAll(2, train(output));
    EXPECT_EQ(ranks.Wait(0), 0) << ranks.Errors();
    EXPECT_EQ(ranks.Wait(1), 0) << ranks.Errors();
  }
  for (const char* name : {"last.safetensors", "last-ema.safetensors"}) {
    const std::string bytes = ReadAll(folder / "run" / name);
    EXPECT_FALSE(bytes.empty()) << name;
    // Not printed: it is binary.
    EXPECT_TRUE(bytes == ReadAll(folder / "whole" / name)) << name;
  }
}

// At random instants, also during saves.
TEST_F(RanksCommand, AKilledRankIsNamedAndTheRunResumes) {
  WriteTextFile(folder / "r.json", RanksRecipe(2000));
  std::mt19937 random(19);
  for (int attempt = 0; attempt < 10; ++attempt) {
    Launched ranks(folder, 2);
    ranks.StartAll(2, TrainOnRanks("run", {"--resume"}));
    WaitForSave(folder);
    SleepFor(random() % 500);
    const size_t killed = random() % 2;
    ranks[killed].Signal(SIGKILL);
    EXPECT_EQ(ranks.Wait(killed), 128 + SIGKILL);
    EXPECT_EQ(ranks.Wait(1 - killed), 4);
    EXPECT_THAT(ranks.Errors(),
                HasSubstr("rank " + std::to_string(killed) + " ("));
    EXPECT_THAT(ranks.Errors(), HasSubstr("has ended without reporting"));
  }
  Launched ranks(folder, 2);
  ranks.StartAll(2, TrainOnRanks("run", Rest({"--resume"})));
  EXPECT_EQ(ranks.Wait(0), 0) << ranks.Errors();
  EXPECT_EQ(ranks.Wait(1), 0) << ranks.Errors();
}

// They meet at a file in the run's folder, which outlives a rank and goes with
// its failure; one that is left because all were killed is not met at again.
TEST_F(RanksCommand, AKilledRankOfMpiIsNamed) {
  WriteTextFile(folder / "r.json", RanksRecipe(2000));
  const fs::path file = folder / "run/rendezvous-job_1";
  const auto args = TrainOnRanks("run", {"--resume"});
  {
    Launched ranks(folder, 2, Launcher::kMpi);
    ranks.StartAll(2, args);
    WaitForSave(folder);
    ranks[0].Signal(SIGKILL);
    EXPECT_EQ(ranks.Wait(0), 128 + SIGKILL);
    EXPECT_EQ(ranks.Wait(1), 4);
    EXPECT_THAT(ranks.Errors(), HasSubstr("rank 0 ("));
    EXPECT_EQ(CountOf(ranks.Errors(), "has ended without reporting"), 1U)
        << ranks.Errors();
    EXPECT_FALSE(fs::exists(file));
  }
  {
    Launched ranks(folder, 2, Launcher::kMpi);
    ranks.StartAll(2, args);
    WaitForSave(folder);
    for (const size_t rank : {0, 1}) ranks[rank].Signal(SIGKILL);
    for (const size_t rank : {0, 1}) ranks.Wait(rank);
    ASSERT_TRUE(fs::exists(file));
  }
  Launched ranks(folder, 2, Launcher::kMpi);
  ranks.StartAll(2, args);
  for (const size_t rank : {0, 1}) {
    EXPECT_EQ(ranks.Wait(rank), 4);
    EXPECT_THAT(ranks.ErrorsOf(rank),
                HasSubstr("rendezvous-job_1: is left from an earlier launch"));
  }
}

TEST_F(RanksCommand, TorchrunsRestartResumesByItself) {
  WriteTextFile(folder / "r.json", RanksRecipe(400));
  {
    Launched ranks(folder, 2);
    ranks.StartAll(2, TrainOnRanks("run"));
    WaitForSave(folder);
    ranks[0].Signal(SIGTERM);
    EXPECT_EQ(ranks.Wait(0), 143);
    EXPECT_EQ(ranks.Wait(1), 143);
  }
  Launched ranks(folder, 2);
  setenv("TORCHELASTIC_RESTART_COUNT", "1", 1);
  ranks.StartAll(2, TrainOnRanks("run", Rest()));
  unsetenv("TORCHELASTIC_RESTART_COUNT");
  EXPECT_EQ(ranks.Wait(0), 0) << ranks.Errors();
  EXPECT_EQ(ranks.Wait(1), 0) << ranks.Errors();
}

}  // namespace
}  // namespace wsel
