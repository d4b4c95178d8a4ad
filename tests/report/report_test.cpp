#include "wsel/report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/grid.h"
#include "report/made_runs.h"
#include "temp_folder.h"

namespace wsel::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// An unfinished sweep of three initialisations and three seeds.
class UnfinishedSweep : public testing::Test {
 protected:
  UnfinishedSweep() {
    const auto sweep = folder_ / "s";
    Write(sweep / "sweep.json", R"({"name": "inits"})");
    Add("random", 0, "finished", {10, 50, 40});
    Add("random", 1, "finished", {12, 52, 44});
    Add("random", 2, "running", {14});
    Add("uniform", 0, "finished", {30, 60, 62});
    Add("uniform", 1, "finished", {34, 58, 64});
    Add("uniform", 2, "finished", {32, 66, 66});
    Add("l1", 0, "failed", {}, R"(, "error": "no\nmemory")");
    Add("l1", 1, "waiting", {});
    Add("l1", 2, "running", {20, 25});
  }
  void Add(const std::string& init, int seed, const std::string& state,
           const std::vector<double>& top1, const std::string& more = "") {
    MakeSweepRun(folder_ / "s", fmt::format("{}-{}", init, seed),
                 fmt::format(R"("init": "{}")", init), seed, state, top1, more);
  }
  Report Make(const ReportOptions& options = {}) const {
    return MakeReport(ReadExperiment({folder_ / "s"}), options);
  }
  static const Cell& Row(const Report& report, const std::string& label) {
    for (size_t row = 0; row < report.cells.size(); ++row) {
      if (LabelOf(report.layout.rows[row]) == label) {
        return report.cells[row][0];
      }
    }
    throw std::out_of_range(label);
  }
  TempFolder folder_;
};

TEST_F(UnfinishedSweep, CountsOnlyFinishedRuns) {
  const Report report = Make();
  const Cell& random = Row(report, "random");
  EXPECT_EQ(random.runs.size(), 3U);
  EXPECT_EQ(random.counted.size(), 2U);
  EXPECT_EQ(random.last->value.mean, 42);
  EXPECT_NEAR(*random.last->value.std, 2.8284271247, 1e-9);
  EXPECT_EQ(random.best->value.mean, 51);
  EXPECT_EQ(random.top5->mean, 99.5);
  EXPECT_FALSE(Row(report, "l1").last);
  EXPECT_EQ(StatusLine(report),
            "5 of 9 runs are finished; 2 running, 1 failed, 1 waiting.");
}

TEST_F(UnfinishedSweep, StatesTestImagesThatWereSkipped) {
  Write(folder_ / "s/runs/random-0/summary.csv",
        "epoch,eval_top1,eval_skipped\n1,50,2\n2,40,3\n");
  const Report report = Make();
  EXPECT_EQ(Row(report, "random").skipped, 3);
  EXPECT_EQ(Row(report, "uniform").skipped, 0);
  EXPECT_THAT(LastGrid(report).captions,
              testing::Contains(HasSubstr("test images, up to 3 in a run")));
  EXPECT_THAT(Notes(report), testing::Contains(HasSubstr("up to 3 corrupt")));
}

TEST_F(UnfinishedSweep, MarksTheBestAndComparesBySeed) {
  const Report report = Make();
  const Cell& uniform = Row(report, "uniform");
  EXPECT_TRUE(uniform.last->best);
  EXPECT_FALSE(Row(report, "random").last->best);
  const Comparison& change = *uniform.last->change;
  EXPECT_EQ(change.change, 22);  // 64 - 42
  EXPECT_EQ(change.paired.n, 2);
  EXPECT_EQ(change.paired.mean, 21);  // the mean of 22 and 20
  // t(0.975, 1) = 12.7062, times sqrt(2) / sqrt(2).
  EXPECT_NEAR(change.paired.interval->low, 21 - 12.7062, 1e-4);
  EXPECT_THAT(change.unpaired_seeds, ElementsAre(2));
  EXPECT_FALSE(Row(report, "random").last->change);
}

// Where validation images chose the weights.
TEST_F(UnfinishedSweep, ComparesByTestImagesWhereAllRunsHaveThem) {
  const auto test = [&](const std::string& run, double top1) {
    Write(folder_ / "s/runs" / run / "test.json",
          fmt::format(R"({{"num_images": 9, "loss": 1, "top1": {}, )"
                      R"("balanced_accuracy": 33, "macro_f1": 22}})",
                      top1));
  };
  test("random-0", 40);
  test("random-1", 41);
  test("uniform-0", 45);
  test("uniform-1", 47);
  EXPECT_THAT(ComparisonGrid(Make()).captions,
              ElementsAre(HasSubstr("Top-1 after the last epoch, paired")));
  test("uniform-2", 48);
  const Report report = Make();
  const Grid grid = ComparisonGrid(report);
  EXPECT_THAT(grid.captions,
              ElementsAre(HasSubstr("Test top-1 of the best weights, paired")));
  ASSERT_EQ(grid.rows.size(), 1U);
  EXPECT_EQ(grid.rows[0][2].text, "+5.50");  // of seeds 0 and 1
  EXPECT_TRUE(Row(report, "uniform").test->best);
  EXPECT_FALSE(Row(report, "random").test->best);
}

TEST_F(UnfinishedSweep, CurvesAreMeansOfTheCountedRuns) {
  const Report report = Make();
  const auto& curve = Row(report, "uniform").curve;
  ASSERT_EQ(curve.size(), 3U);
  EXPECT_EQ(curve[0].top1.mean, 32);
  EXPECT_EQ(curve[0].top1.std, 2);
  // Without a counted run, the curve is of unfinished ones and marked so.
  EXPECT_TRUE(Row(report, "l1").unfinished);
  EXPECT_EQ(Row(report, "l1").curve.size(), 2U);
}

TEST_F(UnfinishedSweep, ReportsEpochsToAccuracy) {
  const Report report = Make({{}, {55, 64, 99}});
  const auto& targets = Row(report, "uniform").epochs_to_accuracy;
  ASSERT_EQ(targets.size(), 3U);
  EXPECT_EQ(targets[0].epochs->mean, 2);
  EXPECT_EQ(targets[1].num_reached, 2);  // one run in epoch 3, one in 2
  EXPECT_EQ(targets[1].epochs->mean, 2.5);
  EXPECT_EQ(targets[2].num_reached, 0);
  EXPECT_FALSE(targets[2].epochs);
  const Grid grid = EpochsToAccuracyGrids(report)[0];
  EXPECT_THAT(grid.header, ElementsAre("init", "55 %", "64 %", "99 %"));
  EXPECT_EQ(grid.rows[1][2].remark, "2 of 3 runs");
  EXPECT_EQ(grid.rows[0][1].text, "not reached");
}

TEST_F(UnfinishedSweep, RoundAccuraciesLieWithinTheCurves) {
  const Report report = Make();
  std::vector<double> accuracies;
  for (const EpochsToAccuracy& target :
       Row(report, "random").epochs_to_accuracy) {
    accuracies.push_back(target.accuracy);
  }
  EXPECT_THAT(accuracies, ElementsAre(20, 30, 40, 50, 60));
}

TEST_F(UnfinishedSweep, ShowsNOfCellsWithFewerRuns) {
  const Grid grid = LastGrid(Make());
  ASSERT_EQ(grid.rows.size(), 3U);
  const auto& random = grid.rows[1];
  EXPECT_EQ(random[0].text, "random");
  EXPECT_EQ(random[1].text, "42.00 \u00B1 2.83");
  EXPECT_EQ(random[1].remark, "n = 2");
  EXPECT_EQ(grid.rows[2][1].remark, "\u219122.00");
  EXPECT_EQ(grid.rows[0][1].text, "\u2013");
}

TEST_F(UnfinishedSweep, ListsTheRunsThatDoNotCount) {
  const Grid grid = UncountedRunsGrid(Make());
  ASSERT_EQ(grid.rows.size(), 4U);
  EXPECT_EQ(grid.rows[0][2].text, "failed");
  EXPECT_EQ(grid.rows[0][4].text, "no");  // the error's first line
}

TEST_F(UnfinishedSweep, OneSeedHasNoStandardDeviation) {
  const TempFolder one;
  MakeRun(one / "r/random-0", 0, {50});
  MakeRun(one / "r/uniform-0", 0, {60});
  const Report report = MakeReport(ReadExperiment({one / "r"}), {});
  EXPECT_THAT(LastGrid(report).captions,
              testing::Contains("n = 1: no standard deviation."));
  const Grid differences = ComparisonGrid(report);
  ASSERT_EQ(differences.rows.size(), 1U);
  EXPECT_EQ(differences.rows[0][2].text, "+10.00");
  EXPECT_EQ(differences.rows[0][3].text, "n = 1: no interval");
}

TEST_F(UnfinishedSweep, ARunMayCountInTwoCells) {
  Add("uniform", 3, "finished", {1, 2, 68},
      R"(, "other_settings": [{"init": "first"}])");
  const Report report = Make();
  EXPECT_EQ(Row(report, "uniform").counted.size(), 4U);
  EXPECT_EQ(Row(report, "first").last->value.mean, 68);
  EXPECT_THAT(StatusLine(report), HasSubstr("6 of 10 runs"));
  EXPECT_EQ(ProvenanceGrid(report).rows.size(), 10U);
}

TEST_F(UnfinishedSweep, ListsUnpairedSeeds) {
  const auto row = ComparisonGrid(Make()).rows[0];
  EXPECT_EQ(row[1].text, "2");
  EXPECT_EQ(row[1].remark, "unpaired seeds: 2");
  EXPECT_EQ(row[3].text, "+8.29 to +33.71");
}

TEST(MarkBest, MarksAllThatDisplayTheSameValue) {
  const TempFolder folder;
  MakeRun(folder / "r/a", 0, {50.001});
  MakeRun(folder / "r/b", 0, {50.002});
  MakeRun(folder / "r/c", 0, {40});
  const Grid grid = LastGrid(MakeReport(ReadExperiment({folder / "r"}), {}));
  EXPECT_TRUE(grid.rows[0][1].bold);
  EXPECT_TRUE(grid.rows[1][1].bold);
  EXPECT_FALSE(grid.rows[2][1].bold);
}

TEST(Differences, IgnoreSeedsAndColumns) {
  const TempFolder folder;
  const auto add = [&](const char* init, const char* data, int seed) {
    const std::string name = fmt::format("{}-{}-{}", init, data, seed);
    MakeSweepRun(folder / "s", name,
                 fmt::format(R"("init": "{}", "data": "{}")", init, data), seed,
                 "finished", {50});
    Write(folder / "s/runs" / name / "config.json",
          fmt::format(R"({{"init": {{"file": "{}.safetensors"}}, )"
                      R"("data": {{"name": "{}"}}, "train": {{"epochs": 1, )"
                      R"("seed": {}}}}})",
                      init, data, seed));
  };
  Write(folder / "s/sweep.json", "{}");
  add("random", "x", 0);
  add("random", "y", 1);
  add("uniform", "x", 0);  // y is missing: the data set still does not count
  const Report report = MakeReport(ReadExperiment({folder / "s"}), {});
  ASSERT_EQ(report.differences.size(), 1U);
  EXPECT_EQ(report.differences[0].path, "init.file");
  EXPECT_THAT(report.differences[0].values,
              ElementsAre("random.safetensors", "uniform.safetensors"));
}

TEST(Differences, FilesThatDifferInTheSeedAreOneValue) {
  const TempFolder folder;
  for (int seed : {0, 1}) {
    const std::string end = fmt::format("-{}", seed);
    MakeRun(folder / ("r/a" + end), seed, {50}, "x/v10" + end + ".safetensors");
    MakeRun(folder / ("r/b" + end), seed, {50});
  }
  const Report report = MakeReport(ReadExperiment({folder / "r"}), {});
  ASSERT_EQ(report.differences.size(), 1U);
  EXPECT_THAT(report.differences[0].values,
              ElementsAre("x/v10-{seed}.safetensors", ""));
}

TEST(Differences, HideDigestsOfASweepsInitialCheckpoints) {
  const TempFolder folder;
  const std::string digest = "out/students/0123456789abcde";
  for (int seed : {0, 1}) {
    const std::string end = fmt::format("-{}", seed);
    MakeRun(folder / ("r/a" + end), seed, {50},
            fmt::format("{}{}.safetensors", digest, seed));
    MakeRun(folder / ("r/b" + end), seed, {50});
  }
  const Report report = MakeReport(ReadExperiment({folder / "r"}), {});
  ASSERT_EQ(report.differences.size(), 1U);
  EXPECT_THAT(report.differences[0].values,
              ElementsAre("made by wsel init", ""));
}

TEST(RoundAccuracies, AreEmptyForAFlatCurve) {
  Cell cell;
  EXPECT_THAT(RoundAccuracies({&cell}), IsEmpty());
  cell.counted = {0};
  cell.curve = {{1, {1, 50.02, {}}}, {2, {1, 50.03, {}}}};
  EXPECT_THAT(RoundAccuracies({&cell}), IsEmpty());
}

}  // namespace
}  // namespace wsel::report
