#include "wsel/report/statistics.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "wsel/core/text_file.h"

namespace wsel::report {
namespace {

using nlohmann::json;

const json& Golden() {
  static const json kGolden =
      json::parse(ReadText(std::filesystem::path(WSEL_SOURCE_DIR) / "tests" /
                           "golden" / "report" / "statistics.json"));
  return kGolden;
}

TEST(StudentQuantile, MatchesScipy) {
  for (const json& row : Golden()["quantiles"]) {
    const double t = row["t"];
    EXPECT_NEAR(StudentQuantile(row["p"], row["degrees"]), t,
                1e-9 * std::max(1.0, std::abs(t)))
        << row;
  }
}

TEST(ComparePairs, IntervalMatchesScipysPairedTest) {
  for (const json& row : Golden()["pairs"]) {
    const std::vector<double> values = row["values"];
    const std::vector<double> baseline = row["baseline"];
    const auto paired = ComparePairs(values, baseline);
    EXPECT_EQ(paired.n, static_cast<int64_t>(values.size()));
    EXPECT_NEAR(paired.mean, row["difference"], 1e-10) << row;
    ASSERT_TRUE(paired.interval);
    EXPECT_NEAR(paired.interval->low, row["low"], 1e-9) << row;
    EXPECT_NEAR(paired.interval->high, row["high"], 1e-9) << row;
  }
}

TEST(Summarise, StdIsTheSampleStandardDeviation) {
  for (const json& row : Golden()["pairs"]) {
    const std::vector<double> values = row["values"];
    const MeanStd summary = Summarise(values);
    EXPECT_NEAR(summary.mean, row["mean"], 1e-10);
    ASSERT_TRUE(summary.std);
    EXPECT_NEAR(*summary.std, row["deviation"], 1e-10);
  }
}

TEST(Summarise, OneValueHasNoStd) {
  const MeanStd summary = Summarise(std::vector<double>{82.5});
  EXPECT_EQ(summary.n, 1);
  EXPECT_EQ(summary.mean, 82.5);
  EXPECT_FALSE(summary.std);
}

TEST(ComparePairs, OnePairHasNoInterval) {
  const auto paired =
      ComparePairs(std::vector<double>{3}, std::vector<double>{1});
  EXPECT_EQ(paired.n, 1);
  EXPECT_EQ(paired.mean, 2);
  EXPECT_FALSE(paired.interval);
  EXPECT_EQ(ComparePairs({}, {}).n, 0);
}

}  // namespace
}  // namespace wsel::report
