#include "wsel/sweep/launch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <thread>

#include "read_all.h"
#include "temp_folder.h"
#include "throws.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/file_lock.h"

namespace wsel::sweep {
namespace {

namespace fs = std::filesystem;
using run::RunRecord;
using run::RunState;
using testing::HasSubstr;

// A sweep of fake runs: the program is a shell script, which may depend on the
// run's seed.
class LaunchTest : public testing::Test {
 protected:
  LaunchTest() {
    sweep_ = SweepFromJson(R"({
        "recipe": {"model": {"name": "vit_tiny"}, "data": {"name": "cifar10"}},
        "axes": {"init": {"random": {},
                          "uniform": {"init.select": "uniform",
                                      "teacher.file": "t.pth"}},
                 "train.seed": [0, 1]}})",
                           "s.json");
    runs_ = Expand(sweep_, {});
    folder_.Claim(sweep_.name, sweep_.json);
    options_.program = (temp_ / "wsel").string();
    options_.threads = 1;
  }

  // In the scripts, $1 is the command; for "train", $3 is the recipe.
  void Program(const std::string& on_train,
               const std::string& on_init = "touch \"${@: -1}\"") {
    WriteTextFile(options_.program,
                  "#!/bin/bash\necho \"$*\" >>" + Log().string() +
                      "\nif [[ $1 == init ]]; then " + on_init +
                      "; exit; fi\n" + on_train + "\n");
    chmod(options_.program.c_str(), 0755);
  }

  fs::path Log() const { return temp_ / "log"; }
  SweepResult Run() { return Launch(sweep_, runs_, folder_, options_); }
  RunRecord Record(size_t i) { return *folder_.Read(runs_[i].name()); }
  // Occurrences of the word in the log.
  int Count(const std::string& word) const {
    int count = 0;
    const std::string log = ReadAll(Log());
    for (size_t at = log.find(word); at != std::string::npos;
         at = log.find(word, at + 1)) {
      ++count;
    }
    return count;
  }

  TempFolder temp_;
  SweepFile sweep_;
  std::vector<PlannedRun> runs_;
  SweepFolder folder_ = SweepFolder(temp_ / "out");
  LaunchOptions options_;
};

TEST_F(LaunchTest, RunsEverythingOnce) {
  Program("exit 0");
  EXPECT_EQ(Run().finished, 4);
  EXPECT_EQ(Run().finished, 4);
  EXPECT_EQ(Count("train "), 4);
  EXPECT_EQ(Record(3).state, RunState::kFinished);
  EXPECT_EQ(Record(3).seed, 1U);
  EXPECT_TRUE(fs::exists(temp_ / "out/by-name/uniform-s1/recipe.json"));
}

TEST_F(LaunchTest, CreatesASharedInitialCheckpointOnce) {
  // Three learning rates, one initialisation.
  sweep_ = SweepFromJson(R"({
      "recipe": {"model": {"name": "vit_tiny"}, "data": {"name": "cifar10"},
                 "init": {"select": "uniform"}, "teacher": {"file": "t.pth"}},
      "axes": {"optimizer.lr": [1e-3, 2e-3, 3e-3]}})",
                         "s.json");
  runs_ = Expand(sweep_, {});
  Program("exit 0");
  EXPECT_EQ(Run().finished, 3);
  EXPECT_EQ(Count("init "), 1);
  const auto recipe = ResolveRecipe(runs_[0], false, folder_);
  EXPECT_TRUE(fs::exists(recipe.init.file));
  EXPECT_FALSE(recipe.init.select);
  EXPECT_EQ(recipe.teacher.file, "");
}

TEST_F(LaunchTest, RecordsAFailedRunAndContinues) {
  Program(R"(grep -q '"seed": 1' "$3" || exit 0
             echo some words; echo "wsel: no: such luck" >&2; exit 5)");
  const SweepResult result = Run();
  EXPECT_EQ(result.finished, 2);
  EXPECT_EQ(result.failed, 2);
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_EQ(Record(1).state, RunState::kFailed);
  EXPECT_EQ(Record(1).error, "no: such luck");
  EXPECT_THAT(Record(1).log_tail, HasSubstr("some words"));

  Program("exit 0");
  EXPECT_EQ(Run().failed, 2) << "failed runs are skipped";
  options_.retry_failed = true;
  EXPECT_EQ(Run().finished, 4);
  EXPECT_EQ(Record(1).error, "");
}

TEST_F(LaunchTest, AFailedInitFailsItsRuns) {
  Program("exit 0", "echo 'wsel: t.pth: does not fit' >&2; exit 6");
  const SweepResult result = Run();
  EXPECT_EQ(result.finished, 2);
  EXPECT_EQ(result.failed, 2);
  EXPECT_EQ(Record(2).error, "t.pth: does not fit");
  EXPECT_EQ(Record(2).exit_code, 6);
}

TEST_F(LaunchTest, RecordsTheSignalOfAKilledRun) {
  Program("kill -9 $$");
  EXPECT_EQ(Run().failed, 4);
  EXPECT_EQ(Record(0).error, "killed by signal 9");
}

TEST_F(LaunchTest, RunsInParallelOnAlternatingDevices) {
  options_.jobs = 2;
  options_.devices = {"cuda:0", "cuda:1"};
  // Exits once the other has started too.
  Program("for i in {1..100}; do (( $(grep -c train " + Log().string() +
          ") > 1 )) && exit 0; sleep 0.1; done; exit 1");
  EXPECT_EQ(Run().finished, 4);
  EXPECT_EQ(Count("--device cuda:0"), 2);
  EXPECT_EQ(Count("--device cuda:1"), 2);
}

TEST_F(LaunchTest, RanksHaveGroupsOfGpus) {
  options_.jobs = 2;
  options_.ranks = 2;
  options_.threads = 6;
  options_.devices = {"cuda:0", "cuda:1", "cuda:2", "cuda:3", "cuda:4"};
  Program("exit 0");
  EXPECT_EQ(Run().finished, 4);
  EXPECT_EQ(Count("--device cuda --threads 3 --ranks 2"), 4);
}

// srun is a script here: it records its options, and starts one task.
class LaunchOnNodesTest : public LaunchTest {
 protected:
  LaunchOnNodesTest() : path_(std::getenv("PATH")) {
    options_.ranks = 4;
    options_.nodes = 2;
    options_.devices = {"auto"};
    setenv("PATH", (temp_.path().string() + ":" + path_).c_str(), 1);
    setenv("SLURM_JOB_ID", "17", 1);
    unsetenv("SLURM_CPUS_PER_TASK");
    Script("srun", "echo srun \"$*\" >>" + Log().string() +
                       "\nwhile [[ $1 == --* ]]; do shift; done\nexec \"$@\"");
  }
  ~LaunchOnNodesTest() override {
    setenv("PATH", path_.c_str(), 1);
    unsetenv("SLURM_JOB_ID");
  }

  void Script(const std::string& name, const std::string& text) {
    WriteTextFile(temp_ / name, "#!/bin/bash\n" + text + "\n");
    chmod((temp_ / name).c_str(), 0755);
  }

 private:
  std::string path_;
};

TEST_F(LaunchOnNodesTest, RanksAreTasksOfSrun) {
  Program("exit 0");
  EXPECT_EQ(Run().finished, 4);
  EXPECT_EQ(Count("srun --nodes=2 --ntasks=4 --ntasks-per-node=2 "
                  "--kill-on-bad-exit=0 " +
                  options_.program + " train "),
            4);
  EXPECT_EQ(Count("--device auto --threads 1 --ranks 4"), 8);
  EXPECT_EQ(Count("init "), 2) << "not on every node";
}

// A SIGTERM to srun itself would kill its tasks.
TEST_F(LaunchOnNodesTest, AStopReachesTheTasksThroughScancel) {
  const fs::path pid = temp_ / "pid";
  Script("scancel", "echo scancel \"$*\" >>" + Log().string() + "; kill $(<" +
                        pid.string() + ")");
  Program("trap 'kill $!; exit 143' TERM; sleep 60 & echo $$ >" + pid.string() +
          ".new; mv " + pid.string() + ".new " + pid.string() + "; wait");
  options_.stop = [&] { return fs::exists(pid) ? SIGTERM : 0; };
  EXPECT_EQ(Run().waiting, 4);
  EXPECT_EQ(Count("scancel --signal=TERM 17"), 1);
  EXPECT_EQ(Record(0).state, RunState::kWaiting);
}

TEST(VisibleDevices, AreGroupsWithinThoseOfThisProcess) {
  const std::vector<std::string> four = {"cuda:0", "cuda:1", "cuda:2",
                                         "cuda:3"};
  EXPECT_EQ(VisibleDevices(four, 2, 0, ""), "0,1");
  EXPECT_EQ(VisibleDevices(four, 2, 1, ""), "2,3");
  EXPECT_EQ(VisibleDevices(four, 2, 2, ""), "0,1");
  EXPECT_EQ(VisibleDevices(four, 3, 1, ""), "0,1,2");  // one stays idle
  EXPECT_EQ(VisibleDevices(four, 2, 1, "4,5,6,7"), "6,7");
  EXPECT_EQ(VisibleDevices(four, 1, 1, ""), "");
  EXPECT_EQ(VisibleDevices({"auto"}, 2, 0, ""), "");
  EXPECT_EQ(VisibleDevices({"cpu"}, 2, 0, ""), "");
}

TEST_F(LaunchTest, ForwardsAStopAndLeavesTheRestWaiting) {
  Program("trap 'kill $!; exit 143' TERM; sleep 60 & wait");
  options_.stop = [&] { return Count("train ") > 0 ? SIGTERM : 0; };
  const SweepResult result = Run();
  EXPECT_EQ(result.waiting, 4);
  EXPECT_EQ(Record(0).state, RunState::kWaiting);

  Program("exit 0");
  options_.stop = nullptr;
  EXPECT_EQ(Run().finished, 4);
}

// Making a student may take minutes.
TEST_F(LaunchTest, AStopEndsTheInitialisationThatIsRunning) {
  Program("exit 0", "trap 'kill $!; exit 143' TERM; sleep 60 & wait");
  options_.stop = [&] { return Count("init ") > 0 ? SIGTERM : 0; };
  const SweepResult result = Run();
  EXPECT_EQ(result.failed, 0);
  EXPECT_GT(result.waiting, 0);
  EXPECT_EQ(result.finished + result.waiting, 4);

  Program("exit 0");
  options_.stop = nullptr;
  EXPECT_EQ(Run().finished, 4);
}

// Whatever kills a run that was asked to stop, its last save can be resumed.
TEST_F(LaunchTest, ARunKilledWhileItIsStoppedIsWaiting) {
  const fs::path ready = temp_ / "ready";
  for (const char* signal : {"SEGV", "INT"}) {
    Program(
        fmt::format("ulimit -c 0; trap 'kill $!; echo by {0} >>{1}; "
                    "trap - {0}; kill -{0} $$' TERM; touch {2}; "
                    "sleep 60 & wait",
                    signal, Log().string(), ready.string()));
    options_.stop = [&] { return fs::exists(ready) ? SIGTERM : 0; };
    EXPECT_EQ(Run().waiting, 4) << signal;
    EXPECT_EQ(Count(std::string("by ") + signal), 1);
    EXPECT_EQ(Record(0).state, RunState::kWaiting) << signal;
    EXPECT_EQ(Record(0).error, "") << signal;
    fs::remove(ready);
  }
}

TEST_F(LaunchTest, ARunKilledUnaskedHasFailed) {
  Program("ulimit -c 0; kill -SEGV $$");
  EXPECT_EQ(Run().failed, 4);
  EXPECT_EQ(Record(0).state, RunState::kFailed);
  EXPECT_EQ(Record(0).error, "killed by signal 11");
  EXPECT_EQ(Record(0).exit_code, 139);
}

TEST_F(LaunchTest, SkipsRunsLockedByAnotherProcess) {
  Program("exit 0");
  folder_.MakeRun(runs_[0]);
  const FileLock lock(folder_.lock(runs_[0].name()), false);
  ASSERT_TRUE(lock.held());
  const SweepResult result = Run();
  EXPECT_EQ(result.running_elsewhere, 1);
  EXPECT_EQ(result.finished, 3);
  EXPECT_EQ(Count("train "), 3);
}

// If the sweep is killed, its children must still hold the locks.
TEST_F(LaunchTest, AChildInheritsItsRunsLock) {
  // The descriptor that lists the folder is gone when its turn comes.
  Program("for i in /proc/$$/fd/*; do readlink $i; done >>" + Log().string() +
          "; exit 0");
  EXPECT_EQ(Run().finished, 4);
  for (const PlannedRun& run : runs_) {
    EXPECT_EQ(Count(folder_.lock(run.name()).string()), 1) << run.name();
  }
}

TEST_F(LaunchTest, AProbeWritesASummary) {
  sweep_ = SweepFromJson(R"({
      "recipe": {"model": {"name": "vit_tiny"}, "data": {"name": "cifar10"}},
      "probe": {"solver": "lars", "augment": true},
      "axes": {"train.seed": [4]}})",
                         "s.json");
  runs_ = Expand(sweep_, {});
  Program("echo '{\"train\": 3, \"top1\": 28.5}'");
  EXPECT_EQ(Run().finished, 1);
  EXPECT_EQ(Count("--method timm"), 1)
      << "random weights need a checkpoint too";
  EXPECT_EQ(Count("--solver lars --augment"), 1);
  EXPECT_THAT(ReadAll(folder_.run(runs_[0].name()) / "summary.csv"),
              HasSubstr("1,,,28.5,,"));
}

TEST_F(LaunchTest, AFolderBelongsToOneSweep) {
  ExpectError([&] { folder_.Claim("other", "{\"name\": \"other\"}"); },
              ErrorKind::kConfig, {"holds the sweep 's'", "not 'other'"});
  folder_.Claim(sweep_.name, sweep_.json);
  WriteTextFile(temp_ / "x.txt", "something");
  ExpectError([&] { SweepFolder(temp_.path()).Claim("s", "{}"); },
              ErrorKind::kConfig, {"something other than a sweep"});
}

}  // namespace
}  // namespace wsel::sweep
