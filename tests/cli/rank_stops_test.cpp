// How several ranks end when one of them ends, is stopped or never comes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
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

// Waits for up to `milliseconds`, for a signal to arrive anywhere in a step or
// a save.
void SleepFor(unsigned milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

// The tensors of a .safetensors file: what follows the header, which has the
// recipe and whose length is the first number.
std::string TensorBytes(const fs::path& path) {
  const std::string file = ReadAll(path);
  uint64_t header = 0;
  if (file.size() < sizeof(header)) return "";
  std::memcpy(&header, file.data(), sizeof(header));
  if (header > file.size() - sizeof(header)) return "";
  return file.substr(sizeof(header) + header);
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

// At random instants, of which most are in a save, since every step ends in
// one. What is left each time is whole: the run ends as one that nobody stops.
TEST_F(RanksCommand, TerminatingOneRankSavesOnceAndEndsAll) {
  WriteTextFile(folder / "r.json", RanksRecipe(1200));
  const Outcome whole =
      RunWsel(folder, TrainOnRanks("whole", Rest({"--ranks", "2"})));
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  std::mt19937 random(143);
  for (size_t attempt = 0; attempt < 10; ++attempt) {
    SCOPED_TRACE(attempt);
    Launched ranks(folder, 2);
    ranks.StartAll(2, TrainOnRanks("run", {"--resume"}));
    WaitForSave(folder);
    SleepFor(random() % 150);
    ranks[attempt % 2].Signal(SIGTERM);
    EXPECT_EQ(ranks.Wait(0), 143) << ranks.Errors();
    EXPECT_EQ(ranks.Wait(1), 143) << ranks.Errors();
    EXPECT_EQ(CountOf(ranks.Errors(), "stopped after step"), 1U)
        << ranks.Errors();
    EXPECT_EQ(CountTemporaryFiles(folder / "run"), 0);
  }
  Launched ranks(folder, 2);
  ranks.StartAll(2, TrainOnRanks("run", Rest({"--resume"})));
  EXPECT_EQ(ranks.Wait(0), 0) << ranks.Errors();
  EXPECT_EQ(ranks.Wait(1), 0) << ranks.Errors();
  for (const char* name : {"last.safetensors", "last-ema.safetensors"}) {
    const std::string tensors = TensorBytes(folder / "run" / name);
    EXPECT_FALSE(tensors.empty()) << name;
    // Not printed: it is binary.
    EXPECT_TRUE(tensors == TensorBytes(folder / "whole" / name)) << name;
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
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 500));
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
TEST_F(RanksCommand, AKilledRankOfMpiIsNamedToo) {
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
