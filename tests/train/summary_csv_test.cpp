#include "train/summary_csv.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "temp_folder.h"
#include "wsel/core/text_file.h"

namespace wsel::train {
namespace {

constexpr std::string_view kHeader =
    "epoch,train_loss,eval_loss,eval_top1,eval_top5,lr\n";

TEST(SummaryCsv, WritesTheColumnsOfTimm) {
  const TempFolder folder;
  SummaryCsv summary(folder / "summary.csv", std::nullopt);
  summary.Write({0, 4.5, EpochSummary::Eval{4.25, 12.5, 33.125}, 0});
  summary.Write({1, 0.1, std::nullopt, 1e-6});
  EXPECT_EQ(ReadText(folder / "summary.csv"), std::string(kHeader) +
                                                  "0,4.5,4.25,12.5,33.125,0\n"
                                                  "1,0.1,,,,1e-06\n");
}

TEST(SummaryCsv, SpellsNaNAndInfinityAsPythonDoes) {
  const TempFolder folder;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  SummaryCsv summary(folder / "summary.csv", std::nullopt);
  summary.Write({0, -nan, EpochSummary::Eval{nan, INFINITY, -INFINITY}, 0});
  EXPECT_EQ(ReadText(folder / "summary.csv"),
            std::string(kHeader) + "0,nan,nan,inf,-inf,0\n");
}

TEST(SummaryCsv, ResumesWhereTheRunWasSaved) {
  const TempFolder folder;
  const auto path = folder / "summary.csv";
  uint64_t saved = 0;
  {
    SummaryCsv summary(path, std::nullopt);
    summary.Write({0, 4.5, std::nullopt, 1});
    saved = summary.Flush();
    summary.Write({1, 4, std::nullopt, 1});
  }
  SummaryCsv summary(path, saved);
  summary.Write({1, 3, std::nullopt, 1});
  EXPECT_EQ(ReadText(path), std::string(kHeader) + "0,4.5,,,,1\n1,3,,,,1\n");
}

TEST(SummaryCsv, ARunSavedBeforeTheHeaderStillGetsOne) {
  const TempFolder folder;
  SummaryCsv summary(folder / "summary.csv", 0);
  EXPECT_EQ(ReadText(folder / "summary.csv"), kHeader);
}

}  // namespace
}  // namespace wsel::train
