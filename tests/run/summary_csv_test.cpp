#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "temp_folder.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/text_file.h"
#include "wsel/run/metric_log.h"

namespace wsel::run {
namespace {

constexpr std::string_view kHeader =
    "epoch,train_loss,eval_loss,eval_top1,eval_top5,lr,eval_skipped,"
    "eval_balanced_accuracy,eval_macro_f1\n";

Epoch NotEvaluated(int64_t epoch, double train_loss, double lr) {
  Epoch row;
  row.epoch = epoch;
  row.train_loss = train_loss;
  row.lr = lr;
  return row;
}

TEST(SummaryCsv, WritesTheColumnsOfTimm) {
  const TempFolder folder;
  SummaryCsv summary(folder / "summary.csv", std::nullopt);
  summary.Write({.epoch = 0,
                 .top1 = 12.5,
                 .top5 = 33.125,
                 .train_loss = 4.5,
                 .eval_loss = 4.25,
                 .lr = 0,
                 .skipped = 3,
                 .balanced_accuracy = 11.25,
                 .macro_f1 = 10.5});
  summary.Write(NotEvaluated(1, 0.1, 1e-6));
  EXPECT_EQ(ReadText(folder / "summary.csv"),
            std::string(kHeader) +
                "0,4.5,4.25,12.5,33.125,0,3,11.25,10.5\n"
                "1,0.1,,,,1e-06,,,\n");
}

TEST(SummaryCsv, HasMapOfImagesWithSeveralLabels) {
  const TempFolder folder;
  const auto path = folder / "summary.csv";
  std::string expected =
      "epoch,train_loss,eval_loss,eval_top1,eval_top5,lr,eval_skipped,"
      "eval_balanced_accuracy,eval_macro_f1,eval_map,eval_subset_accuracy\n"
      "1,0.5,0.25,,,0,0,,10.5,62.5,25\n";
  const Epoch row = {.epoch = 1,
                     .top1 = std::nullopt,
                     .top5 = std::nullopt,
                     .train_loss = 0.5,
                     .eval_loss = 0.25,
                     .lr = 0,
                     .skipped = 0,
                     .macro_f1 = 10.5,
                     .map = 62.5,
                     .subset_accuracy = 25};
  uint64_t bytes = 0;
  {
    SummaryCsv summary(path, std::nullopt, /*multi_label=*/true);
    summary.Write(row);
    bytes = summary.Flush();
  }
  EXPECT_EQ(ReadText(path), expected);
  SummaryCsv(path, bytes, /*multi_label=*/true).Write(row);
  expected += "1,0.5,0.25,,,0,0,,10.5,62.5,25\n";
  EXPECT_EQ(ReadText(path), expected);
}

TEST(SummaryCsv, SpellsNaNAndInfinityAsPythonDoes) {
  const TempFolder folder;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  SummaryCsv summary(folder / "summary.csv", std::nullopt);
  summary.Write({.epoch = 0,
                 .top1 = INFINITY,
                 .top5 = -INFINITY,
                 .train_loss = -nan,
                 .eval_loss = nan,
                 .lr = 0});
  EXPECT_EQ(ReadText(folder / "summary.csv"),
            std::string(kHeader) + "0,nan,nan,inf,-inf,0,,,\n");
}

TEST(SummaryCsv, ResumesWhereTheRunWasSaved) {
  const TempFolder folder;
  const auto path = folder / "summary.csv";
  uint64_t saved = 0;
  {
    SummaryCsv summary(path, std::nullopt);
    summary.Write(NotEvaluated(0, 4.5, 1));
    saved = summary.Flush();
    summary.Write(NotEvaluated(1, 4, 1));
  }
  SummaryCsv summary(path, saved);
  summary.Write(NotEvaluated(1, 3, 1));
  EXPECT_EQ(ReadText(path),
            std::string(kHeader) + "0,4.5,,,,1,,,\n1,3,,,,1,,,\n");
}

// Its rows keep the columns of its header.
TEST(SummaryCsv, ContinuesAFileOfAnOlderVersion) {
  const TempFolder folder;
  const auto path = folder / "summary.csv";
  const std::string old =
      "epoch,train_loss,eval_loss,eval_top1,eval_top5,lr\n1,2,,,,1\n";
  WriteTextFile(path, old);
  Epoch row = NotEvaluated(2, 1, 1);
  row.skipped = 3;
  SummaryCsv(path, old.size()).Write(row);
  EXPECT_EQ(ReadText(path), old + "2,1,,,,1\n");
  const std::string newer =
      "epoch,train_loss,eval_loss,eval_top1,eval_top5,lr,eval_skipped\n"
      "1,2,,,,1,\n";
  WriteTextFile(path, newer);
  row.macro_f1 = 50;
  SummaryCsv(path, newer.size()).Write(row);
  EXPECT_EQ(ReadText(path), newer + "2,1,,,,1,3\n");
}

TEST(SummaryCsv, IsReadBack) {
  const TempFolder folder;
  Epoch row = NotEvaluated(1, 1. / 3, 0.1);
  row.top1 = 200. / 3;
  row.skipped = 2;
  row.balanced_accuracy = 100. / 3;
  row.macro_f1 = 100. / 7;
  SummaryCsv(folder / "summary.csv", std::nullopt).Write(row);
  const Log log = ReadSummaryCsv(folder / "summary.csv");
  ASSERT_EQ(log.epochs.size(), 1U);
  EXPECT_EQ(log.epochs[0].train_loss, row.train_loss);
  EXPECT_EQ(log.epochs[0].top1, row.top1);
  EXPECT_EQ(log.epochs[0].skipped, 2);
  EXPECT_EQ(log.epochs[0].balanced_accuracy, row.balanced_accuracy);
  EXPECT_EQ(log.epochs[0].macro_f1, row.macro_f1);
  EXPECT_FALSE(log.epochs[0].top5);
}

TEST(SummaryCsv, ARunSavedBeforeTheHeaderStillGetsOne) {
  const TempFolder folder;
  SummaryCsv summary(folder / "summary.csv", 0);
  EXPECT_EQ(ReadText(folder / "summary.csv"), kHeader);
}

}  // namespace
}  // namespace wsel::run
