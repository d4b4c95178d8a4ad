// The real torchrun, where a Python with torch is at hand: that of
// scripts/setup or python3.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/types.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "cli/ranks_run.h"
#include "cli/run_wsel.h"
#include "launcher_commands.h"
#include "wsel/core/subprocess.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// A Python that can run torchrun; "": none. The .venv of a slim LibTorch lacks
// what torch's Python side imports.
std::string PythonWithTorchrun() {
  const fs::path root = WSEL_SOURCE_DIR;
  for (const fs::path& python :
       {root / ".venv/bin/python", root / ".venv-parity/bin/python",
        fs::path("python3")}) {
    const std::string command = "'" + python.string() +
                                "' -c 'import torch.distributed.run' "
                                ">/dev/null 2>&1";
    if (std::system(command.c_str()) == 0) return python.string();
  }
  return "";
}

constexpr const char* kNoTorchrun =
    "no Python that can import torch.distributed.run: scripts/setup --parity "
    "installs one";

TEST(Torchrun, ParsesTheCommandsOfTheDocs) {
  const std::string python = PythonWithTorchrun();
  if (python.empty()) GTEST_SKIP() << kNoTorchrun;
  const TempFolder folder;
  std::string code = "from torch.distributed.run import parse_args\n";
  int count = 0;
  for (const LauncherCommand& command : LauncherCommands(DistributedPage())) {
    if (command[0] != "torchrun") continue;
    ++count;
    code += "args = parse_args([";
    for (size_t i = 1; i < command.size(); ++i) code += "'" + command[i] + "',";
    code +=
        "])\nassert args.training_script == 'wsel', args\n"
        "assert args.no_python, args\n";
  }
  EXPECT_GE(count, 2);
  WriteTextFile(folder / "parse.py", code);
  const std::string line = "'" + python + "' '" +
                           (folder / "parse.py").string() + "' >'" +
                           (folder / "said").string() + "' 2>&1";
  EXPECT_EQ(std::system(line.c_str()), 0) << ReadAll(folder / "said") << code;
}

// The process of a rank of wsel that works in `folder`; 0: there is none.
pid_t FindRank(int rank, const TempFolder& folder) {
  const auto with_ends = [](const std::string& text) {
    return std::string(1, '\0') + text + std::string(1, '\0');
  };
  const std::string variable = with_ends("RANK=" + std::to_string(rank));
  const std::string output = with_ends((folder / "run").string());
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    // Torchrun has the arguments too, but not the variable.
    const std::string environment =
        std::string(1, '\0') + ReadAll(entry.path() / "environ");
    if (environment.find(variable) == std::string::npos) continue;
    if (ReadAll(entry.path() / "cmdline").find(output) == std::string::npos) {
      continue;
    }
    return static_cast<pid_t>(std::stol(name));
  }
  return 0;
}

class TorchrunCommand : public RanksCommand {};

TEST_F(TorchrunCommand, RestartsAfterAKilledRankAndTheRunResumes) {
  const std::string python = PythonWithTorchrun();
  if (python.empty()) GTEST_SKIP() << kNoTorchrun;
  WriteTextFile(folder / "r.json", RanksRecipe(400));
  std::vector<std::string> argv = {python,
                                   "-m",
                                   "torch.distributed.run",
                                   "--standalone",
                                   "--local-addr",
                                   "127.0.0.1",
                                   "--no-python",
                                   "--nproc-per-node",
                                   "2",
                                   "--max-restarts",
                                   "2",
                                   "--monitor-interval",
                                   "0.2",
                                   WSEL_BINARY};
  const auto train = TrainOnRanks((folder / "run").string());
  argv.insert(argv.end(), train.begin(), train.end());
  argv[std::ranges::find(argv, "r.json") - argv.begin()] =
      (folder / "r.json").string();
  Subprocess torchrun(argv, folder / "out", folder / "err");
  WaitForSave(folder);
  const pid_t killed = FindRank(1, folder);
  ASSERT_GT(killed, 1) << ReadAll(folder / "err");
  ASSERT_EQ(kill(killed, SIGKILL), 0);
  EXPECT_EQ(torchrun.Wait().code, 0) << ReadAll(folder / "err");
  EXPECT_THAT(ReadAll(folder / "out"), HasSubstr("best        top-1"));
  // From the saved state on: each epoch once.
  const std::string summary = ReadAll(folder / "run/summary.csv");
  EXPECT_EQ(std::ranges::count(summary, '\n'), 1 + 400);
}

}  // namespace
}  // namespace wsel
