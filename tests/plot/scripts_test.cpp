#include "wsel/plot/scripts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "temp_folder.h"
#include "wsel/plot/gnuplot.h"

namespace wsel::plot {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

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

Panel Chart(const std::string& name, const std::vector<double>& values) {
  Panel panel;
  panel.title = name;
  panel.lines = {{name, {}}};
  for (const double y : values) {
    const auto x = static_cast<double>(panel.lines[0].points.size());
    panel.lines[0].points.push_back({x, y});
  }
  panel.x = PositionScale(static_cast<int64_t>(values.size()));
  return panel;
}

bool AreDrawn(std::vector<Panel> panels) {
  Figure figure;
  figure.title = panels.front().title;
  figure.panels = std::move(panels);
  figure.columns = 2;
  return IsDrawn(LineScript(figure));
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
    EXPECT_TRUE(AreDrawn({Chart(name, {1, 2})}));
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
  auto band = Chart("band", {1, 2});
  for (Point& point : band.lines[0].points) point.deviation = 0.5;
  band.y = Scale{0, 3, 1};
  EXPECT_TRUE(AreDrawn({logarithmic, none, Panel(), Chart("gap", {1, kNaN, 3}),
                        Chart("infinite", {1, INFINITY}),
                        Chart("constant", {2, 2, 2}), band}));
  const auto nan = static_cast<float>(kNaN);
  EXPECT_TRUE(IsDrawn(
      HeatMapScript({Map("some", {1, nan, INFINITY, 4, 5, 6}),
                     Map("all", {nan, nan, nan, nan}), Map("two", {1, 2})},
                    2, Palette::kSequential)));
}

TEST(Plots, AsSvgHaveTheirTextsEscapedAndMarkUnfinishedLines) {
  if (!RunGnuplot("")) {
    GTEST_SKIP() << "no gnuplot: apt-get install gnuplot-nox";
  }
  Panel panel = Chart("<script>alert(1)</script>", {1, 2});
  panel.lines[0].unfinished = true;
  const std::string svg =
      RunGnuplot(LineScript({"a & b", {panel}}, kSvgTerminal)).value();
  EXPECT_THAT(svg, StartsWith("<?xml"));
  EXPECT_THAT(svg, HasSubstr("&lt;script>alert(1)&lt;/script> (unfinished)"));
  EXPECT_THAT(svg, HasSubstr("a &amp; b"));
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
}

TEST(AbsoluteQuantile, IgnoresSignsAndNaN) {
  const auto nan = static_cast<float>(kNaN);
  EXPECT_EQ(AbsoluteQuantile({-4, 1, nan, 2, -3, 0}, 1), 4);
  EXPECT_EQ(AbsoluteQuantile({-4, 1, nan, 2, -3, 0}, 0.5), 2);
  EXPECT_EQ(AbsoluteQuantile({}, 0.5), 0);
}

}  // namespace
}  // namespace wsel::plot
