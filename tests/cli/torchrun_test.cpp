// The real torchrun, where a Python with torch is at hand.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/types.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "cli/launched_ranks.h"
#include "cli/ranks_run.h"
#include "cli/run_wsel.h"
#include "launcher_commands.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/subprocess.h"
#include "wsel/core/text_file.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;

// The Python that has a whole torch, which brings torchrun; "": none.
std::string PythonWithTorchrun() {
  const char* given = std::getenv("WSEL_PYTHON");
  for (const std::string& python :
       {std::string(given == nullptr ? "" : given),
        std::string(WSEL_SOURCE_DIR "/.venv-parity/bin/python"),
        std::string("python3")}) {
    const std::string import =
        python + " -c 'import torch.distributed.run' >/dev/null 2>&1";
    if (!python.empty() && std::system(import.c_str()) == 0) return python;
  }
  return "";
}

constexpr const char* kNoTorchrun =
    "no Python can import torch.distributed.run: scripts/setup --parity "
    "installs one, or set WSEL_PYTHON to one that can";

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

// The first process found that runs wsel-torch as a child of torchrun, which is
// named by its port.
pid_t RankOfTorchrun(const std::string& endpoint) {
  std::map<pid_t, pid_t> parents;
  pid_t torchrun = 0;
  std::vector<pid_t> programs;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid == 0) continue;
    std::ifstream stat(entry.path() / "stat");
    std::string word;
    for (int field = 0; field < 4 && stat >> word;) {
      field += field != 1 || word.ends_with(')') ? 1 : 0;
    }
    parents[pid] = std::atoi(word.c_str());
    const std::string command = ReadAll(entry.path() / "cmdline");
    if (command.find(endpoint) != command.npos) torchrun = pid;
    if (command.find("wsel") < command.find('\0')) programs.push_back(pid);
  }
  for (const pid_t program : programs) {
    if (torchrun != 0 && parents[program] == torchrun) return program;
  }
  return 0;
}

TEST_F(RanksCommand, TorchrunItselfRestartsAfterAKill) {
  const std::string python = PythonWithTorchrun();
  if (python.empty()) GTEST_SKIP() << kNoTorchrun;
  WriteTextFile(folder / "r.json", RanksRecipe(100));
  const std::string endpoint = "127.0.0.1:" + std::to_string(FreePort());
  std::vector<std::string> argv = {"/bin/sh",
                                   "-c",
                                   "cd \"$1\" && shift && exec \"$@\"",
                                   "sh",
                                   folder.path().string(),
                                   python,
                                   "-m",
                                   "torch.distributed.run",
                                   "--no-python",
                                   "--nproc-per-node",
                                   "2",
                                   "--max-restarts",
                                   "1",
                                   "--rdzv-backend",
                                   "c10d",
                                   "--rdzv-endpoint",
                                   endpoint,
                                   WSEL_BINARY};
  for (const std::string& word : TrainOnRanks("run")) argv.push_back(word);
  Subprocess torchrun(argv, folder / "out", folder / "err");
  WaitForSave(folder);
  const pid_t rank = RankOfTorchrun(endpoint);
  ASSERT_NE(rank, 0);
  kill(rank, SIGKILL);
  EXPECT_EQ(torchrun.Wait().code, 0);
  const std::string summary = ReadText(folder / "run/summary.csv");
  EXPECT_EQ(std::ranges::count(summary, '\n'), 1 + 100);
  const std::string log = ReadAll(folder / "err");
  EXPECT_EQ(CountOf(log, "(exitcode: -9)"), 1U);
  EXPECT_EQ(CountOf(log, "epoch 1/100 "), 1U);  // it did not begin again
}

}  // namespace
}  // namespace wsel
