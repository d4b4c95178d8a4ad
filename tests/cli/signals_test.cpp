// Signals while oneDNN multiplies matrices: its sgemm keeps a stack pointer
// into the heap (core/signals.h), so a signal that a computing thread takes
// corrupts memory.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>

#include "cli/run_wsel.h"
#include "wsel/core/atomic_file.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::string kSignalsData =
    (fs::path(WSEL_SOURCE_DIR) / "tests/golden/data/folders").string();

// Wide enough that products reduce over 512 values, which is where the kernels
// take their buffer from the heap on every instruction set.
constexpr const char* kRecipe = R"({
  "model": {"name": "vit_tiny", "img_size": 32, "patch_size": 4,
            "embed_dim": 128, "depth": 2, "num_heads": 2},
  "data": {"name": "folder"},
  "augment": {"crop": "random-resized"},
  "train": {"epochs": 40, "warmup_epochs": 2, "batch_size": 4,
            "mixup_batch": 2, "precision": "fp32", "save_minutes": 0}
})";

std::vector<std::string> Train(const std::string& output,
                               const std::vector<std::string>& more = {}) {
  std::vector<std::string> args = {
      "train", "--config", "r.json", "--data-root", kSignalsData, "--output",
      output,  "--device", "cpu",    "--threads",   "2",          "--resume"};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

std::string CommandLine(const TempFolder& folder, const std::string& prefix,
                        const std::vector<std::string>& args) {
  std::string line = fmt::format("cd '{}' && exec {} '{}'",
                                 folder.path().string(), prefix, WSEL_BINARY);
  for (const std::string& arg : args) line += fmt::format(" '{}'", arg);
  return line + " >.stdout 2>.stderr </dev/null";
}

// Runs a command under the kicker; it must succeed, and be kicked.
Outcome RunKicked(const TempFolder& folder,
                  const std::vector<std::string>& args) {
  const int status = std::system(
      CommandLine(folder, "env LD_PRELOAD=" WSEL_KICKER " WSEL_KICKS=kicks",
                  args)
          .c_str());
  EXPECT_GT(std::atoi(ReadAll(folder / "kicks").c_str()), 3);
  fs::remove(folder / "kicks");
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          ReadAll(folder / ".stdout"), ReadAll(folder / ".stderr")};
}

TEST(Signals, AHandlerDuringTrainingChangesNothing) {
  const TempFolder folder;
  WriteTextFile(folder / "r.json", kRecipe);
  ASSERT_EQ(RunWsel(folder, Train("quiet")).exit_code, 0);
  const Outcome run = RunKicked(folder, Train("kicked"));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(ReadAll(folder / "quiet/last.safetensors"),
            ReadAll(folder / "kicked/last.safetensors"));
}

// The other commands that multiply matrices.
TEST(Signals, AHandlerDuringOtherCommandsChangesNothing) {
  const TempFolder folder;
  WriteTextFile(folder / "r.json", kRecipe);
  ASSERT_EQ(RunWsel(folder, Train("run", {"--epochs", "3"})).exit_code, 0);
  const std::vector<std::string> data = {"--dataset", "folder", "--data-root",
                                         kSignalsData};
  for (std::vector<std::string> args :
       {std::vector<std::string>{"eval", "--checkpoint", "run/last.safetensors",
                                 "--json"},
        {"probe", "--checkpoint", "run/last.safetensors", "--json"},
        {"analyze", "features", "--checkpoint", "run/last.safetensors",
         "--output", "features"}}) {
    SCOPED_TRACE(args[0]);
    args.insert(args.end(), data.begin(), data.end());
    const Outcome quiet = RunWsel(folder, args);
    ASSERT_EQ(quiet.exit_code, 0) << quiet.err;
    const Outcome kicked = RunKicked(folder, args);
    EXPECT_EQ(kicked.exit_code, 0) << kicked.err;
    EXPECT_EQ(kicked.out, quiet.out);
  }
  const std::vector<std::string> distil = {"--teacher", "run/last.safetensors",
                                           "--distill", "logit",
                                           "--epochs",  "5"};
  ASSERT_EQ(RunWsel(folder, Train("quiet", distil)).exit_code, 0);
  const Outcome kicked = RunKicked(folder, Train("kicked", distil));
  ASSERT_EQ(kicked.exit_code, 0) << kicked.err;
  EXPECT_EQ(ReadAll(folder / "quiet/last.safetensors"),
            ReadAll(folder / "kicked/last.safetensors"));
}

// How many times a training is stopped; a hundred on request.
int Stops() {
  const char* stops = std::getenv("WSEL_STOPS");
  return stops == nullptr ? 5 : std::atoi(stops);
}

// Waits until the run in `folder` has saved again since `before`.
void AwaitSave(const fs::path& state, fs::file_time_type before) {
  for (int i = 0; i < 3000; ++i) {
    std::error_code error;
    const auto now = fs::last_write_time(state, error);
    if (!error && now != before) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

TEST(Signals, ATrainingStoppedAtRandomMomentsEndsInTheSameWeights) {
  const TempFolder folder;
  WriteTextFile(folder / "r.json", kRecipe);
  // Long enough for every stop to find a step left to do.
  const std::vector<std::string> epochs = {"--epochs",
                                           std::to_string(30 * Stops())};
  ASSERT_EQ(RunWsel(folder, Train("quiet", epochs)).exit_code, 0);

  std::mt19937 random(1);
  std::uniform_real_distribution<double> seconds(0, 0.15);
  const std::string line = CommandLine(folder, "", Train("stopped", epochs));
  const fs::path state = folder / "stopped/state.safetensors";
  int saved = 0;
  for (int stop = 0; stop < Stops(); ++stop) {
    const int signal = stop % 2 == 0 ? SIGINT : SIGTERM;
    std::error_code error;
    const auto before = fs::last_write_time(state, error);
    const pid_t child = fork();
    if (child == 0) {
      execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
      _exit(127);
    }
    AwaitSave(state, before);
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds(random)));
    kill(child, signal);
    int status = 0;
    waitpid(child, &status, 0);
    // Either it saved and said so, or it was done.
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    EXPECT_TRUE(code == 128 + signal || code == 0)
        << "stop " << stop << ": status " << status << "\n"
        << ReadAll(folder / ".stderr");
    saved += code == 128 + signal ? 1 : 0;
  }
  EXPECT_GT(saved, Stops() / 2);
  const Outcome last = RunWsel(folder, Train("stopped", epochs));
  ASSERT_EQ(last.exit_code, 0) << last.err;
  EXPECT_EQ(ReadAll(folder / "quiet/last.safetensors"),
            ReadAll(folder / "stopped/last.safetensors"));
}

// Commands that do not handle a signal end by it, as before.
TEST(Signals, ACommandWithoutAHandlerIsEndedBySignals) {
  const TempFolder folder;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    WriteTextFile(folder / "r.json", kRecipe);
    const std::string line =
        CommandLine(folder, "",
                    {"probe", "--pixels", "--dataset", "fashion_mnist",
                     "--data-root", "/usr/share/datasets/fashion-mnist"});
    const pid_t child = fork();
    if (child == 0) {
      ::signal(signal, SIG_DFL);  // ignored if the tests run in background
      execl("/bin/sh", "sh", "-c", ("ulimit -c 0; " + line).c_str(), nullptr);
      _exit(127);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    kill(child, signal);
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 4) {
      GTEST_SKIP() << "Fashion-MNIST is not installed";
    }
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal)
        << signal << ": status " << status;
  }
}

}  // namespace
}  // namespace wsel
