#include "wsel/report/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "throws.h"

namespace wsel::report {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// One run for each combination of the axes' values.
Experiment Product(std::vector<Axis> axes) {
  Experiment experiment;
  experiment.axes = std::move(axes);
  experiment.runs.resize(1);
  for (const Axis& axis : experiment.axes) {
    std::vector<Run> longer;
    for (const Run& run : experiment.runs) {
      for (const std::string& value : axis.values) {
        longer.push_back(run);
        longer.back().settings.push_back({axis.name, value});
      }
    }
    experiment.runs = std::move(longer);
  }
  return experiment;
}

TEST(ChooseLayout, RowsAreTheAxisWithMostValues) {
  const Layout layout = ChooseLayout(
      Product({{"data", {"a", "b"}}, {"init", {"x", "y", "z"}}, {"m", {"v"}}}),
      {});
  EXPECT_THAT(layout.row_axes, ElementsAre(1));
  EXPECT_THAT(layout.column_axes, ElementsAre(0));
  EXPECT_THAT(layout.fixed_axes, ElementsAre(2));
  EXPECT_EQ(layout.rows.size(), 3U);
  EXPECT_EQ(layout.baseline, "");
}

TEST(ChooseLayout, RowsAreTheAxisWithTheBaseline) {
  const Experiment experiment =
      Product({{"data", {"a", "b", "c"}}, {"init", {"uniform", "random"}}});
  const Layout layout = ChooseLayout(experiment, {});
  EXPECT_THAT(layout.row_axes, ElementsAre(1));
  EXPECT_EQ(layout.baseline, "random");
  EXPECT_THAT(layout.compared_with,
              ElementsAre(testing::Optional(1U), testing::Eq(std::nullopt)));
  EXPECT_THAT(ChooseLayout(experiment, {{}, {}, "b"}).row_axes, ElementsAre(0));
}

TEST(ChooseLayout, ABaselineKeepsTheRowsOtherValues) {
  const Layout layout = ChooseLayout(
      Product({{"init", {"random", "uniform"}}, {"lr", {"1", "2"}}}),
      {{"init", "lr"}, {}, ""});
  ASSERT_EQ(layout.rows.size(), 4U);
  EXPECT_EQ(LabelOf(layout.rows[3]), "uniform, 2");
  EXPECT_EQ(layout.compared_with[2], 0U);  // uniform, 1 with random, 1
  EXPECT_EQ(layout.compared_with[3], 1U);
  EXPECT_EQ(layout.compared_with[0], std::nullopt);
}

TEST(ChooseLayout, AWholeRowMayBeTheBaseline) {
  const Layout layout =
      ChooseLayout(Product({{"init", {"a", "b"}}, {"lr", {"1", "2"}}}),
                   {{"init", "lr"}, {}, "a, 2"});
  EXPECT_EQ(layout.compared_with[0], 1U);
  EXPECT_EQ(layout.compared_with[1], std::nullopt);
  EXPECT_EQ(layout.compared_with[3], 1U);
}

TEST(ChooseLayout, OptionsOverrideTheSweepFiles) {
  Experiment experiment =
      Product({{"init", {"random", "b"}}, {"data", {"x", "y"}}});
  experiment.table = {{"data"}, {"init"}, "x"};
  EXPECT_THAT(ChooseLayout(experiment, {}).row_axes, ElementsAre(1));
  EXPECT_EQ(ChooseLayout(experiment, {}).baseline, "x");
  EXPECT_EQ(ChooseLayout(experiment, {{}, {}, "y"}).baseline, "y");
}

TEST(ChooseLayout, AcceptsASingleRun) {
  const Layout layout = ChooseLayout(Product({{"run", {"only"}}}), {});
  EXPECT_THAT(layout.row_axes, ElementsAre(0));
  EXPECT_THAT(layout.fixed_axes, IsEmpty());
  EXPECT_EQ(layout.columns.size(), 1U);
  EXPECT_EQ(ChooseLayout(Product({}), {}).rows.size(), 1U);
}

TEST(ChooseLayout, CombinationsWithoutRunsGetNoRow) {
  Experiment experiment = Product({{"a", {"1", "2"}}, {"b", {"1", "2"}}});
  experiment.runs.pop_back();
  EXPECT_EQ(ChooseLayout(experiment, {{"a", "b"}, {}, ""}).rows.size(), 3U);
}

TEST(ChooseLayout, UnknownNamesSuggestTheNearest) {
  const Experiment experiment = Product({{"init", {"random", "uniform"}}});
  ExpectError(
      [&] {
        ChooseLayout(experiment, {{"inti"}, {}, ""});
      },
      ErrorKind::kUsage, {"did you mean 'init'?"});
  ExpectError(
      [&] {
        ChooseLayout(experiment, {{}, {}, "randon"});
      },
      ErrorKind::kUsage, {"baseline", "did you mean 'random'?"});
}

}  // namespace
}  // namespace wsel::report
