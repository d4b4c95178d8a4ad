#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>

#include "cli/run_wsel.h"
#include "cli/small_sweep.h"
#include "wsel/core/atomic_file.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr int kCannotRun = 77;

TEST(Slurm, ARequeuedTaskResumesWithABitIdenticalResult) {
  const TempFolder folder;
  MakeSmallTeacher(folder);
  WriteTextFile(folder / "s.json", kSmallSweep);
  const std::string line =
      fmt::format("bash '{}/tests/cli/slurm.sh' '{}' '{}' '{}' >'{}' 2>&1",
                  WSEL_SOURCE_DIR, WSEL_BINARY, kSmallSweepData,
                  folder.path().string(), (folder / "output").string());
  const int status = std::system(line.c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  const std::string output = ReadAll(folder / "output");
  if (code == kCannotRun) GTEST_SKIP() << "Slurm is not available: " << output;
  ASSERT_EQ(code, 0) << output;

  const Outcome status_run = RunWsel(folder, {"sweep", "--status", "out"});
  EXPECT_THAT(status_run.out, HasSubstr("4 runs: 4 finished")) << output;
  const auto by_slurm = LastWeights(folder / "out");
  fs::rename(folder / "out", folder / "by-slurm");
  ASSERT_EQ(RunWsel(folder, RunSmallSweep()).exit_code, 0);
  EXPECT_EQ(by_slurm, LastWeights(folder / "out"));
}

}  // namespace
}  // namespace wsel
