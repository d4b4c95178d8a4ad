#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "cli/run_wsel.h"
#include "cli/small_sweep.h"
#include "wsel/core/atomic_file.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(Sweep, RunsEachOnceAndResumesAfterAKill) {
  const TempFolder folder;
  MakeSmallTeacher(folder);
  WriteTextFile(folder / "s.json", kSmallSweep);
  const Outcome whole = RunWsel(folder, RunSmallSweep({"--jobs", "2"}));
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  EXPECT_THAT(whole.out, HasSubstr("4 finished, 0 failed"));
  const auto expected = LastWeights(folder / "out");
  ASSERT_EQ(expected.size(), 4U);

  // Finished runs are not repeated.
  const auto before =
      fs::last_write_time(folder / "out/by-name/random-s0/log.txt");
  EXPECT_EQ(RunWsel(folder, RunSmallSweep()).exit_code, 0);
  EXPECT_EQ(fs::last_write_time(folder / "out/by-name/random-s0/log.txt"),
            before);

  const Outcome status = RunWsel(folder, {"sweep", "--status", "out"});
  EXPECT_THAT(status.out,
              AllOf(HasSubstr("finished  uniform-s1-"),
                    HasSubstr("epoch 20/20"), HasSubstr("4 runs: 4 finished")));

  // The same in another folder, killed several times.
  fs::rename(folder / "out", folder / "whole");
  for (const int milliseconds : {900, 1700, 2600}) {
    const std::string line = fmt::format(
        "cd '{}' && exec '{}' sweep s.json --output out --device cpu "
        "--threads 1 --data-root '{}' >.o 2>&1",
        folder.path().string(), WSEL_BINARY, kSmallSweepData);
    const pid_t child = fork();
    if (child == 0) {
      execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
      _exit(127);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
  // A run of the killed sweep saves its state, exits, and unlocks its folder.
  Outcome last;
  for (int i = 0; i < 100; ++i) {
    last = RunWsel(folder, RunSmallSweep());
    if (last.out.find(" 0 running elsewhere") != std::string::npos) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_EQ(last.exit_code, 0) << last.err;
  EXPECT_EQ(LastWeights(folder / "out"), expected);
}

// Two runs with one teacher and deterministic transforms: they share one cache
// of teacher outputs and one of images, and results are the same without.
TEST(Sweep, SharesImagesAndTeacherOutputs) {
  const TempFolder folder;
  MakeSmallTeacher(folder);
  WriteTextFile(folder / "s.json", R"({
    "recipe": {
      "model": {"name": "vit_tiny", "img_size": 16, "patch_size": 8,
                "embed_dim": 16, "depth": 2, "num_heads": 2},
      "data": {"name": "folder"},
      "teacher": {"file": "t.safetensors"},
      "distill": {"method": "feature", "cache": true},
      "augment": {"crop": "evaluation", "hflip": 0, "rand_augment": ""},
      "erasing": {"probability": 0},
      "mix": {"mixup_alpha": 0, "cutmix_alpha": 0},
      "train": {"epochs": 3, "warmup_epochs": 1, "batch_size": 4}
    },
    "axes": {"train.seed": [0, 1]}
  })");
  ASSERT_EQ(RunWsel(folder, RunSmallSweep({"--jobs", "2"})).exit_code, 0);
  int teacher_caches = 0;
  int image_caches = 0;
  for (const auto& entry : fs::directory_iterator(folder / "out/cache")) {
    const std::string name = entry.path().filename().string();
    teacher_caches += name.ends_with(".answers.safetensors") ? 1 : 0;
    image_caches += name.ends_with(".images") ? 1 : 0;
  }
  EXPECT_EQ(teacher_caches, 1);
  EXPECT_EQ(image_caches, 2) << "of the training and the test split";

  const Outcome alone =
      RunWsel(folder, {"train", "--config", "out/by-name/s1/recipe.json",
                       "--set", "data.cache_dir=\"\"", "--output", "alone",
                       "--device", "cpu", "--threads", "1"});
  ASSERT_EQ(alone.exit_code, 0) << alone.err;
  EXPECT_EQ(ReadAll(folder / "alone/summary.csv"),
            ReadAll(folder / "out/by-name/s1/summary.csv"));
}

TEST(Sweep, ADryRunNeedsNeitherDataNorTeachers) {
  const TempFolder folder;
  WriteTextFile(folder / "s.json", kSmallSweep);
  const Outcome run = RunWsel(
      folder, {"sweep", "s.json", "--dry-run", "--set", "data.name=cifar10"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(
      run.out,
      AllOf(HasSubstr("s: 4 runs"), HasSubstr("random-s0-"),
            HasSubstr("250000 steps, about "),
            HasSubstr("missing     cifar10 (data.root)"),
            HasSubstr("missing     t.safetensors"),
            HasSubstr(" for all steps at --jobs 1 (a step timed on cpu)")));
  EXPECT_EQ(folder.FileCount(), 3U) << "only s.json, stdout and stderr";
}

TEST(Sweep, EverySweepInConfigsPassesADryRun) {
  const TempFolder folder;
  size_t sweeps = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(WSEL_SOURCE_DIR) /
                                                  "configs" / "sweeps")) {
    const Outcome run =
        RunWsel(folder, {"sweep", entry.path().string(), "--dry-run"});
    EXPECT_EQ(run.exit_code, 0) << entry.path() << run.err;
    EXPECT_THAT(run.out,
                AllOf(HasSubstr(" runs\n"), HasSubstr("missing     ")));
    ++sweeps;
  }
  EXPECT_GE(sweeps, 18U);
}

TEST(Sweep, RecordsAFailureAndExitsByItsKind) {
  const TempFolder folder;
  WriteTextFile(folder / "s.json", kSmallSweep);
  WriteTextFile(folder / "t.safetensors", "not a checkpoint");
  const Outcome run = RunWsel(folder, RunSmallSweep());
  EXPECT_EQ(run.exit_code, 5) << run.err;
  EXPECT_THAT(run.out, HasSubstr("2 finished, 2 failed"));
  EXPECT_THAT(run.err,
              AllOf(HasSubstr("failed    uniform-s0-"),
                    HasSubstr("t.safetensors"), HasSubstr("--retry-failed")));
  MakeSmallTeacher(folder);
  EXPECT_EQ(RunWsel(folder, RunSmallSweep()).exit_code, 5);
  const Outcome again = RunWsel(folder, RunSmallSweep({"--retry-failed"}));
  EXPECT_EQ(again.exit_code, 0) << again.err;
}

TEST(Sweep, OnlyTakesNamesAndPatterns) {
  const TempFolder folder;
  WriteTextFile(folder / "s.json", kSmallSweep);
  const auto planned = [&](const std::vector<std::string>& only) {
    std::vector<std::string> args = {"--dry-run"};
    for (const std::string& one : only) {
      args.insert(args.end(), {"--only", one});
    }
    const Outcome run = RunWsel(folder, RunSmallSweep(args));
    EXPECT_EQ(run.exit_code, 0) << run.err;
    std::vector<std::string> slugs;
    for (const char* slug :
         {"random-s0", "random-s1", "uniform-s0", "uniform-s1"}) {
      if (run.out.find(slug) != std::string::npos) slugs.emplace_back(slug);
    }
    return slugs;
  };
  using testing::ElementsAre;
  EXPECT_THAT(planned({"random-s1"}), ElementsAre("random-s1"));
  EXPECT_THAT(planned({"*-s1"}), ElementsAre("random-s1", "uniform-s1"));
  EXPECT_THAT(planned({"uni*", "*-s1", "uniform-s0"}),
              ElementsAre("random-s1", "uniform-s0", "uniform-s1"));
}

TEST(Sweep, FailsForBadInputBeforeAnyRun) {
  const TempFolder folder;
  WriteTextFile(folder / "s.json", kSmallSweep);
  const auto fails = [&](const std::vector<std::string>& args, int code,
                         const std::string& part) {
    const Outcome run = RunWsel(folder, args);
    EXPECT_EQ(run.exit_code, code) << run.err;
    EXPECT_THAT(run.err, HasSubstr(part));
    EXPECT_FALSE(fs::exists(folder / "out"));
  };
  fails(RunSmallSweep({"--launcher", "slurn"}), 2, "did you mean 'slurm'");
  fails(RunSmallSweep({"--only", "random-s3"}), 2, "did you mean");
  fails(RunSmallSweep({"--only", "random-s?x"}), 2, "unknown run");
  fails(RunSmallSweep({"--jobs", "0"}), 2, "--jobs");
  fails(RunSmallSweep({"--ranks-per-run", "3", "--nodes-per-run", "2"}), 2,
        "--ranks-per-run: is 3, which 2 nodes");
  fails(RunSmallSweep({"--nodes-per-run", "2"}), 2, "--ranks-per-run: is 1");
  fails(RunSmallSweep({"--ranks-per-run", "2", "--nodes-per-run", "2"}), 2,
        "--nodes-per-run: is 2, but this is not a job of Slurm");
  fails(RunSmallSweep({"--ranks-per-run", "2", "--launcher", "script",
                       "--slurm=--nodes=2"}),
        2, "--slurm: '--nodes=2' is not free");
  fails({"sweep", "s.json", "--output", "donn\xE9"}, 2, "not UTF-8");
  fails(RunSmallSweep({"--set", "train.epoch=3"}), 3, "did you mean 'epochs'");
  fails(RunSmallSweep(), 4, "t.safetensors: is missing");
  fails({"sweep", "none.json", "--dry-run"}, 4, "none.json");
  fails({"sweep", "s.json"}, 2, "--output");
  fails({"sweep", "--status", "nowhere"}, 4, "is not a sweep's folder");
  WriteTextFile(folder / "s.json", "{\"axes\": {\"optimizer.lr\": []}}");
  fails(RunSmallSweep(), 3, "has no values");
}

TEST(Sweep, AFolderHoldsOnlyOneSweep) {
  const TempFolder folder;
  MakeSmallTeacher(folder);
  WriteTextFile(folder / "s.json", kSmallSweep);
  ASSERT_EQ(
      RunWsel(folder, RunSmallSweep({"--set", "train.epochs=2"})).exit_code, 0);
  fs::rename(folder / "s.json", folder / "other.json");
  const Outcome run =
      RunWsel(folder, {"sweep", "other.json", "--output", "out", "--data-root",
                       kSmallSweepData, "--device", "cpu"});
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_THAT(run.err, HasSubstr("holds the sweep 's', not 'other'"));
}

// Unlike official sets, folders have no documented size.
TEST(Sweep, ADryRunKnowsTheStepsOfAFolder) {
  const TempFolder folder;
  WriteTextFile(folder / "s.json", kSmallSweep);
  const Outcome run = RunWsel(folder, RunSmallSweep({"--dry-run"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("  20 steps, about "),
                             testing::Not(HasSubstr("unknown"))));
}

TEST(Sweep, PrintsAJobArraysScript) {
  const TempFolder folder;
  MakeSmallTeacher(folder);
  WriteTextFile(folder / "s.json", kSmallSweep);
  const Outcome run = RunWsel(
      folder,
      RunSmallSweep({"--launcher", "script", "--slurm=--partition=gpu"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("#SBATCH --array=0-3\n"),
                             HasSubstr("#SBATCH --partition=gpu\n"),
                             HasSubstr("  uniform-s1-")));
  // Slurm does not make it, and tasks would fail without a message.
  EXPECT_TRUE(fs::is_directory(folder / "out/slurm"));
}

}  // namespace
}  // namespace wsel
