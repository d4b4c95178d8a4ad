// Test images, imbalanced classes and runs that ended early.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/grid.h"
#include "report/made_runs.h"
#include "temp_folder.h"
#include "throws.h"
#include "wsel/report/formats.h"
#include "wsel/report/report.h"

namespace wsel::report {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kSummary =
    "epoch,train_loss,eval_loss,eval_top1,eval_top5,lr,eval_skipped,"
    "eval_balanced_accuracy,eval_macro_f1\n"
    "1,2,2,50,90,1,0,30,20\n"
    "2,2,2,70,90,1,0,40,35\n"
    "3,2,2,60,90,1,0,45,38\n";

class ClassMetricsOfRuns : public testing::Test {
 protected:
  ClassMetricsOfRuns() {
    for (const int seed : {0, 1}) {
      MakeRun(RunFolder(seed), seed, {50, 70, 60});
      Write(RunFolder(seed) / "summary.csv", kSummary);
    }
  }
  std::filesystem::path RunFolder(int seed) const {
    return folder_ / fmt::format("r/own-seed{}", seed);
  }
  void WriteTest(int seed, double top1) const {
    Write(RunFolder(seed) / "test.json",
          fmt::format(R"({{"num_images": 9, "loss": 1, "top1": {}, )"
                      R"("balanced_accuracy": 33, "macro_f1": 22}})",
                      top1));
  }
  Report Make() const {
    return MakeReport(ReadExperiment({folder_ / "r"}), {});
  }
  TempFolder folder_;
};

TEST_F(ClassMetricsOfRuns, AreThoseOfTheBestEpoch) {
  const Report report = Make();
  const Cell& cell = report.cells[0][0];
  EXPECT_EQ(cell.best->value.mean, 70);
  EXPECT_EQ(cell.balanced_accuracy->value.mean, 40);
  EXPECT_EQ(cell.macro_f1->value.mean, 35);
  EXPECT_FALSE(cell.test);
  EXPECT_THAT(TestGrid(report).rows, IsEmpty());
  const std::string text = ToMarkdown(report);
  EXPECT_THAT(text, HasSubstr("Balanced accuracy of the best weights"));
  EXPECT_THAT(text, HasSubstr("Macro F1 of the best weights"));
  EXPECT_THAT(text, Not(HasSubstr("Test top-1")));
  EXPECT_THAT(ToHtml(report), HasSubstr("Macro F1 of the best weights"));
}

TEST_F(ClassMetricsOfRuns, AreThoseOfTheTestImagesIfOthersChose) {
  WriteTest(0, 60);
  EXPECT_FALSE(Make().cells[0][0].test);  // not of all runs
  WriteTest(1, 62);
  const Report report = Make();
  const Cell& cell = report.cells[0][0];
  EXPECT_EQ(cell.test->value.mean, 61);
  EXPECT_EQ(cell.balanced_accuracy->value.mean, 33);
  EXPECT_EQ(cell.macro_f1->value.mean, 22);
  EXPECT_THAT(ToMarkdown(report), HasSubstr("Test top-1 of the best weights"));
  EXPECT_THAT(ToCsv(report), HasSubstr(",test_top1,test_top1_std,"));
  EXPECT_THAT(ToJson(report), HasSubstr("\"balanced_accuracy\""));
  WriteTest(1, 101);
  ExpectError([&] { ReadRun(RunFolder(1)); }, ErrorKind::kFormat,
              {"test.json", "top1", "101"});
}

// As of CIFAR: the tables would say the same twice.
TEST_F(ClassMetricsOfRuns, OfEqualClassesHaveNoTables) {
  for (const int seed : {0, 1}) {
    Write(RunFolder(seed) / "summary.csv",
          "epoch,eval_top1,eval_balanced_accuracy,eval_macro_f1\n"
          "1,50,50,49\n2,70,70,69\n3,60,60,59\n");
  }
  const Report report = Make();
  EXPECT_TRUE(report.cells[0][0].balanced_accuracy);
  EXPECT_THAT(BalancedAccuracyGrid(report).rows, IsEmpty());
  EXPECT_THAT(MacroF1Grid(report).rows, IsEmpty());
}

TEST_F(ClassMetricsOfRuns, OfSeveralLabelsHaveMapInPlaceOfTop1) {
  for (const int seed : {0, 1}) {
    Write(RunFolder(seed) / "summary.csv",
          "epoch,eval_top1,eval_macro_f1,eval_map,eval_subset_accuracy\n"
          "1,,49,50,20\n2,,69,70,30\n3,,59,60,40\n");
  }
  const Report report = Make();
  const Cell& cell = report.cells[0][0];
  EXPECT_EQ(cell.best->value.mean, 70);
  EXPECT_EQ(cell.last->value.mean, 60);
  EXPECT_EQ(cell.macro_f1->value.mean, 69);
  EXPECT_EQ(cell.subset_accuracy->value.mean, 30);
  EXPECT_FALSE(cell.balanced_accuracy);
  for (const std::string& text : {ToMarkdown(report), ToHtml(report)}) {
    EXPECT_THAT(text, HasSubstr("mAP after the last epoch"));
    EXPECT_THAT(text, HasSubstr("Best mAP of all epochs"));
    EXPECT_THAT(text, HasSubstr("Macro F1 of the best weights"));
    EXPECT_THAT(text, HasSubstr("Subset accuracy of the best weights"));
    EXPECT_THAT(text, Not(HasSubstr("op-1")));
  }
  EXPECT_THAT(ToCsv(report),
              HasSubstr(",metric,subset_accuracy,subset_accuracy_std"));
  EXPECT_THAT(ToCsv(report), HasSubstr(",mAP,30,"));
  EXPECT_THAT(ToJson(report), HasSubstr("\"mAP\""));
  Write(RunFolder(0) / "test.json",
        R"({"map": 61, "macro_f1": 22, "subset_accuracy": 11})");
  const auto run = ReadRun(RunFolder(0));
  EXPECT_EQ(TestTop1(run), 61);
  EXPECT_EQ(BestSubsetAccuracy(run), 11);
  EXPECT_FALSE(BestBalancedAccuracy(run));
}

// Evaluations after the best one: 1.
TEST_F(ClassMetricsOfRuns, ARunThatEndedEarlyIsFinished) {
  const auto state = [&](int patience) {
    Write(RunFolder(0) / "config.json",
          fmt::format(R"({{"train": {{"epochs": 300, "seed": 0, )"
                      R"("patience": {}}}}})",
                      patience));
    return ReadRun(RunFolder(0)).state;
  };
  EXPECT_EQ(state(0), RunState::kUnfinished);
  EXPECT_EQ(state(1), RunState::kFinished);
  EXPECT_EQ(state(2), RunState::kUnfinished);
  ExpectError([&] { state(-1); }, ErrorKind::kFormat, {"patience"});
}

}  // namespace
}  // namespace wsel::report
