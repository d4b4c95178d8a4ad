#include <gtest/gtest.h>

#include "wsel/plot/figure.h"

namespace wsel::plot {
namespace {

TEST(NiceScale, CoversBothEndsInRoundSteps) {
  const auto expect = [](double low, double high, const Scale& expected) {
    const Scale scale = NiceScale(low, high, 6);
    EXPECT_NEAR(scale.low, expected.low, 1e-9) << low << " " << high;
    EXPECT_NEAR(scale.high, expected.high, 1e-9) << low << " " << high;
    EXPECT_NEAR(scale.step, expected.step, 1e-9) << low << " " << high;
  };
  expect(0, 100, {0, 100, 20});
  expect(41.2, 86.6, {40, 90, 10});
  expect(82.1, 82.4, {82.1, 82.4, 0.05});
  expect(50, 50, {50, 51, 0.2});
}

TEST(PositionScale, HasAtMostSevenTicksAtWholePositions) {
  EXPECT_EQ(PositionScale(1).step, 1);
  EXPECT_EQ(PositionScale(7).step, 1);
  EXPECT_EQ(PositionScale(8).step, 2);
  EXPECT_EQ(PositionScale(14).step, 2);
  EXPECT_EQ(PositionScale(15).step, 5);
  EXPECT_EQ(PositionScale(71).step, 20);
  EXPECT_EQ(PositionScale(12).low, -0.4);
  EXPECT_EQ(PositionScale(12).high, 11.4);
}

}  // namespace
}  // namespace wsel::plot
