#include "wsel/analyze/plots.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "temp_folder.h"
#include "wsel/core/gnuplot.h"

namespace wsel::analyze {
namespace {

const double kNaN = std::numeric_limits<double>::quiet_NaN();

bool IsDrawn(const std::string& script) {
  const TempFolder folder;
  return DrawPng(folder / "x.png", script);
}

HeatMap Map(const std::string& title, std::vector<float> values) {
  HeatMap map;
  map.title = title;
  map.rows = 2;
  map.columns = static_cast<int64_t>(values.size()) / 2;
  map.values = std::move(values);
  return map;
}

LineChart Chart(const std::string& name, std::vector<double> values) {
  LineChart chart;
  chart.title = name;
  chart.lines = {{name, std::move(values)}};
  return chart;
}

// Names are untrusted, and gnuplot scripts can run programs.
TEST(Plots, DoNotExecuteTheirTexts) {
  if (!RunGnuplot("")) {
    GTEST_SKIP() << "no gnuplot: apt-get install gnuplot-nox";
  }
  const TempFolder folder;
  const std::string file = (folder / "created").string();
  for (const std::string& name :
       {"a'\nsystem('touch " + file + "')\n", "`touch " + file + "`",
        "'.system(\"touch " + file + "\").'",
        std::string("{/Symbol \\ %s \"")}) {
    EXPECT_TRUE(IsDrawn(
        HeatMapScript({Map(name, {1, 2, 3, 4})}, 1, Palette::kDiverging)));
    EXPECT_TRUE(IsDrawn(LineChartScript({Chart(name, {1, 2})}, 1)));
    EXPECT_FALSE(std::filesystem::exists(file)) << name;
  }
}

TEST(Plots, AreDrawnForUnusualValues) {
  if (!RunGnuplot("")) {
    GTEST_SKIP() << "no gnuplot: apt-get install gnuplot-nox";
  }
  auto logarithmic = Chart("zero has no logarithm", {0, -1, 2});
  logarithmic.log_scale = true;
  auto none = Chart("none above zero", {0, -1});
  none.log_scale = true;
  LineChart empty;
  EXPECT_TRUE(IsDrawn(LineChartScript(
      {logarithmic, none, empty, Chart("gap", {1, kNaN, 3}),
       Chart("infinite", {1, INFINITY}), Chart("constant", {2, 2, 2})},
      2)));
  const auto nan = static_cast<float>(kNaN);
  EXPECT_TRUE(IsDrawn(
      HeatMapScript({Map("some", {1, nan, INFINITY, 4, 5, 6}),
                     Map("all", {nan, nan, nan, nan}), Map("two", {1, 2})},
                    2, Palette::kSequential)));
}

TEST(AbsoluteQuantile, IgnoresSignsAndNaN) {
  const auto nan = static_cast<float>(kNaN);
  EXPECT_EQ(AbsoluteQuantile({-4, 1, nan, 2, -3, 0}, 1), 4);
  EXPECT_EQ(AbsoluteQuantile({-4, 1, nan, 2, -3, 0}, 0.5), 2);
  EXPECT_EQ(AbsoluteQuantile({}, 0.5), 0);
}

}  // namespace
}  // namespace wsel::analyze
