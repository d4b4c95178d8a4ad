#include "wsel/report/experiment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/made_runs.h"
#include "temp_folder.h"
#include "throws.h"

namespace wsel::report {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> RunsOf(const Experiment& experiment) {
  std::vector<std::string> runs;
  for (const Run& run : experiment.runs) {
    runs.push_back(fmt::format("{}/{}", ValueOf(run.settings, "run"),
                               run.seed ? std::to_string(*run.seed) : "-"));
  }
  return runs;
}

TEST(ReadExperiment, OfNothingIsEmpty) {
  EXPECT_TRUE(ReadExperiment({}).runs.empty());
}

TEST(ReadExperiment, GroupsAFolderOfRunsByName) {
  const TempFolder folder;
  MakeRun(folder / "out/random-0", 0, {50, 60});
  MakeRun(folder / "out/random-1", 1, {51, 61});
  MakeRun(folder / "out/uniform_seed1", 1, {70, 80});
  MakeRun(folder / "out/vit-16", 0, {70, 80});
  fs::create_directories(folder / "out/no run");
  const Experiment experiment = ReadExperiment({folder / "out"});
  EXPECT_EQ(experiment.name, "out");
  EXPECT_THAT(RunsOf(experiment),
              ElementsAre("random/0", "random/1", "uniform/1", "vit-16/0"));
  ASSERT_EQ(experiment.axes.size(), 1U);
  EXPECT_THAT(experiment.axes[0].values,
              ElementsAre("random", "uniform", "vit-16"));
}

TEST(ReadExperiment, DerivesTheStateFromTheEpochs) {
  const TempFolder folder;
  MakeRun(folder / "done", 0, {50, 60});
  Write(folder / "part/config.json", Config(0, 10));
  Write(folder / "part/summary.csv", Summary({50, 60}));
  Write(folder / "started/config.json", Config(0, 10));
  Write(folder / "third-party/summary.csv", Summary({50}));
  const auto state = [&](const char* name) {
    return ReadRun(folder / name).state;
  };
  EXPECT_EQ(state("done"), RunState::kFinished);
  EXPECT_EQ(state("part"), RunState::kUnfinished);
  EXPECT_EQ(state("started"), RunState::kUnfinished);
  EXPECT_EQ(state("third-party"), RunState::kUnknown);
}

TEST(ReadExperiment, ReadsRunFoldersAndSingleFiles) {
  const TempFolder folder;
  Write(folder / "a/log.txt", "{\"epoch\": 0, \"test_acc1\": 50}\n");
  Write(folder / "b.csv", Summary({50}));
  Write(folder / "c/summary.csv", Summary({50}));
  // This program's own log is plain text.
  Write(folder / "d/log.txt", "2026-01-01 info: epoch 1\n");
  Write(folder / "d/config.json", Config(0, 3));
  const Experiment experiment = ReadExperiment(
      {folder / "a", folder / "b.csv", folder / "c/summary.csv", folder / "d"});
  EXPECT_THAT(RunsOf(experiment), ElementsAre("a/-", "b/-", "c/-", "d/0"));
  EXPECT_TRUE(experiment.runs[3].log.epochs.empty());
}

TEST(ReadExperiment, ASweepDefinesOrderAndTable) {
  const TempFolder folder;
  Write(folder / "s/sweep.json",
        R"({"name": "table 2", "axes": {"init": {"random": {}, "uniform": {},)"
        R"( "l1": {}}, "optimizer.lr": [1e-2, 1e-3]},)"
        R"( "report": {"rows": ["init"], "baseline": "random"}})");
  const auto settings = [](const char* init, const char* lr) {
    return fmt::format(R"("init": "{}", "optimizer.lr": "{}")", init, lr);
  };
  MakeSweepRun(folder / "s", "l1-a", settings("l1", "0.01"), 0, "finished",
               {50});
  MakeSweepRun(folder / "s", "random-a", settings("random", "0.001"), 0,
               "failed", {}, R"(, "error": "out of memory")");
  MakeSweepRun(folder / "s", "uniform-a", settings("uniform", "0.01"), 7,
               "running", {40});
  const Experiment experiment = ReadExperiment({folder / "s"});
  EXPECT_EQ(experiment.name, "table 2");
  ASSERT_EQ(experiment.axes.size(), 2U);
  EXPECT_THAT(experiment.axes[0].values,
              ElementsAre("random", "uniform", "l1"));
  EXPECT_THAT(experiment.axes[1].values, ElementsAre("0.01", "0.001"));
  EXPECT_EQ(experiment.table.baseline, "random");
  EXPECT_THAT(experiment.table.rows, ElementsAre("init"));
  EXPECT_EQ(experiment.runs[1].state, RunState::kFailed);
  EXPECT_EQ(experiment.runs[1].error, "out of memory");
  EXPECT_EQ(experiment.runs[2].seed, 7U);
}

TEST(ReadExperiment, RunsOfOneSweepHaveItsName) {
  const TempFolder folder;
  MakeSweepRun(folder / "t", "a", R"("init": "a")", 0, "finished", {50});
  MakeSweepRun(folder / "t", "b", R"("init": "b")", 0, "finished", {50});
  MakeRun(folder / "c", 0, {50});
  const auto runs = folder / "t/runs";
  EXPECT_EQ(ReadExperiment({runs / "b"}).name, "s");
  EXPECT_EQ(ReadExperiment({runs / "a", runs / "b"}).name, "s");
  EXPECT_EQ(ReadExperiment({runs}).name, "s");
  EXPECT_EQ(ReadExperiment({runs / "b", folder / "c"}).name, "b, c");
  EXPECT_EQ(ReadExperiment({runs}).about, "");
  Write(folder / "t/sweep.json", R"({"about": "Two of them."})");
  EXPECT_EQ(ReadExperiment({runs}).about, "Two of them.");
  EXPECT_EQ(ReadExperiment({runs / "b/"}).about, "Two of them.");
  Write(folder / "t/sweep.json", "{");
  EXPECT_EQ(ReadExperiment({runs / "a", runs / "b"}).about, "");
}

// Also for a run alone: both come from the same reader.
TEST(ReadExperiment, AHugeSweepJsonIsNotRead) {
  const TempFolder folder;
  MakeSweepRun(folder / "t", "a", R"("init": "a")", 0, "finished", {50});
  const std::string sweep = R"({"about": "Of one."})";
  Write(folder / "t/sweep.json", sweep);
  EXPECT_EQ(ReadExperiment({folder / "t"}).about, "Of one.");
  EXPECT_EQ(ReadExperiment({folder / "t/runs/a"}).about, "Of one.");
  Write(folder / "t/sweep.json", sweep + std::string(4 << 20, ' '));
  ExpectError([&] { ReadExperiment({folder / "t"}); }, ErrorKind::kFormat,
              {"sweep.json", "larger than 4 MB"});
  EXPECT_EQ(ReadExperiment({folder / "t/runs/a"}).about, "");
}

TEST(ReadExperiment, SeveralSweepsAndFoldersAreAllNamed) {
  const TempFolder folder;
  for (const char* name : {"a", "b", "c", "d"}) {
    MakeRun(folder / name, 0, {50});
  }
  EXPECT_EQ(
      ReadExperiment({folder / "a", folder / "b", folder / "c", folder / "d"})
          .name,
      "a, b and 2 more");
  MakeSweepRun(folder / "s", "a", R"("init": "a")", 0, "finished", {50});
  MakeSweepRun(folder / "t", "b", R"("init": "b")", 0, "finished", {50});
  Write(folder / "s/sweep.json", R"({"name": "one", "about": "First."})");
  Write(folder / "t/sweep.json", R"({"name": "two", "about": "Second."})");
  const Experiment both = ReadExperiment({folder / "s", folder / "t"});
  EXPECT_EQ(both.name, "one, two");
  EXPECT_EQ(both.about, "First. Second.");
  EXPECT_EQ(ReadExperiment({folder / "a"}).about, "");
}

TEST(ReadExperiment, SortsNumbersWithoutAKnownOrder) {
  const TempFolder folder;
  for (const char* lr : {"10", "2", "1e-3"}) {
    MakeSweepRun(folder / "s", lr, fmt::format(R"("lr": "{}")", lr), 0,
                 "finished", {50});
  }
  Write(folder / "s/sweep.json", "{}");
  EXPECT_THAT(ReadExperiment({folder / "s"}).axes[0].values,
              ElementsAre("1e-3", "2", "10"));
}

TEST(ReadExperiment, AddsAFolderAxisIfRunsAreAlike) {
  const TempFolder folder;
  MakeRun(folder / "a/random-0", 0, {50});
  MakeRun(folder / "b/random-0", 0, {60});
  const Experiment experiment = ReadExperiment({folder / "a", folder / "b"});
  EXPECT_EQ(experiment.axes[0].name, "folder");
  EXPECT_EQ(experiment.axes[0].values.size(), 2U);
  EXPECT_EQ(ReadExperiment({folder / "a"}).axes.size(), 1U);
  ExpectError(
      [&] {
        ReadExperiment({folder / "a", folder / "a"});
      },
      ErrorKind::kMismatch, {"has the same settings and seed as"});
}

TEST(ReadExperiment, RejectsPathsWithoutRuns) {
  const TempFolder folder;
  fs::create_directories(folder / "empty");
  Write(folder / "s/sweep.json", "{}");
  ExpectError([&] { ReadExperiment({folder / "none"}); }, ErrorKind::kIo,
              {"none", "does not exist"});
  ExpectError([&] { ReadExperiment({folder / "empty"}); }, ErrorKind::kFormat,
              {"holds no run"});
  ExpectError([&] { ReadExperiment({folder / "s"}); }, ErrorKind::kFormat,
              {"a sweep without runs"});
}

TEST(ReadExperiment, LeavesOutCorruptRunsUnlessNoneIsLeft) {
  const TempFolder folder;
  MakeRun(folder / "runs/good", 0, {50, 60});
  Write(folder / "runs/bad/summary.csv", "epoch,eval_top1\n1,x\n");
  using Paths = std::vector<fs::path>;
  for (const Paths& paths :
       {Paths{folder / "runs"},
        Paths{folder / "runs/bad", folder / "runs/good"}}) {
    const Experiment experiment = ReadExperiment(paths);
    EXPECT_THAT(RunsOf(experiment), ElementsAre("good/0"));
    EXPECT_THAT(experiment.unread, ElementsAre(HasSubstr("summary.csv:2")));
  }
  ExpectError([&] { ReadExperiment({folder / "runs/bad"}); },
              ErrorKind::kFormat, {"summary.csv:2", "'x' is not a number"});
}

TEST(ReadExperiment, ErrorsOfCorruptSweepFilesNameThePath) {
  const TempFolder folder;
  const auto expect_error = [&](const std::string& run_json, ErrorKind kind,
                                const std::vector<std::string>& parts) {
    Write(folder / "s/runs/r/run.json", run_json);
    ExpectError([&] { ReadExperiment({folder / "s"}); }, kind, parts);
  };
  Write(folder / "s/sweep.json", "{}");
  expect_error("{", ErrorKind::kFormat, {"run.json", "JSON"});
  expect_error("[]", ErrorKind::kFormat, {"expected an object"});
  expect_error(R"({"state": "finished"})", ErrorKind::kFormat,
               {"run.json.settings"});
  expect_error(R"({"settings": [1], "state": "finished"})", ErrorKind::kFormat,
               {"run.json.settings", "object"});
  expect_error(R"({"settings": {}, "also": [3], "state": "failed"})",
               ErrorKind::kFormat, {"run.json.also", "object"});
  expect_error(R"({"settings": {}, "state": "finishd"})", ErrorKind::kFormat,
               {"run.json.state", "did you mean 'finished'?"});
  expect_error(R"({"settings": {}, "state": "failed", "seed": "x"})",
               ErrorKind::kFormat, {"run.json.seed"});
  Write(folder / "s/sweep.json", R"({"report": {"row": ["init"]}})");
  expect_error(R"({"settings": {}, "state": "failed"})", ErrorKind::kConfig,
               {"sweep.json.report", "did you mean 'rows'?"});
}

TEST(ReadRun, EscapesHostileText) {
  const TempFolder folder;
  Write(folder / "r/run.json",
        R"({"settings": {"a\u001b[2J": "b\nc\u202e\u2066"}, "state": "failed",)"
        R"( "error": "line\nnext\u0007", "log_tail": ")" +
            std::string(20000, 'x') + "\"}");
  const report::Run run = ReadRun(folder / "r");
  EXPECT_EQ(run.settings[0].first, "a [2J");
  EXPECT_EQ(run.settings[0].second, "b c  ");
  EXPECT_EQ(run.error, "line\nnext ");
  EXPECT_LE(run.log_tail.size(), 8000U);
}

TEST(ReadRun, ReadsOtherSettingsUnderBothNames) {
  const TempFolder folder;
  for (const char* key : {"other_settings", "also"}) {
    Write(folder / "r/run.json",
          fmt::format(R"({{"settings": {{"init": "a"}}, "state": "failed", )"
                      R"("{}": [{{"init": "b"}}]}})",
                      key));
    const report::Run run = ReadRun(folder / "r");
    ASSERT_EQ(run.other_settings.size(), 1U) << key;
    EXPECT_EQ(run.other_settings[0][0].second, "b");
  }
}

TEST(ReadRun, FlattensTheConfiguration) {
  const TempFolder folder;
  MakeRun(folder / "r", 3, {50}, "student.safetensors");
  const report::Run run = ReadRun(folder / "r");
  EXPECT_EQ(run.seed, 3U);
  EXPECT_EQ(run.epochs_planned, 1);
  EXPECT_EQ(run.config_digest.size(), 64U);
  EXPECT_THAT(run.config, testing::Contains(std::pair<std::string, std::string>(
                              "init.file", "student.safetensors")));
  Write(folder / "r/config.json", R"({"train": {"epochs": -1}})");
  ExpectError([&] { ReadRun(folder / "r"); }, ErrorKind::kFormat,
              {"config.json.train.epochs"});
}

TEST(ReadRun, RenamesKeysOfOlderConfigurations) {
  const TempFolder folder;
  Write(folder / "r/config.json",
        R"({"data": {"skip_broken": true}, "evaluation": {"every": 5}})");
  EXPECT_THAT(ReadRun(folder / "r").config,
              ElementsAre(testing::Pair("data.skip_corrupt", "true"),
                          testing::Pair("train.val_interval", "5")));
}

// Unreadable weights must not prevent a report.
TEST(ReadRun, NotesCorruptWeights) {
  const TempFolder folder;
  MakeRun(folder / "r", 0, {50});
  Write(folder / "r/last.safetensors", "corrupt");
  const report::Run run = ReadRun(folder / "r");
  EXPECT_THAT(run.log.notes, ElementsAre(HasSubstr("last.safetensors")));
}

}  // namespace
}  // namespace wsel::report
