#include "train/seconds_left.h"

#include <gtest/gtest.h>

namespace wsel::train {
namespace {

TEST(SecondsLeft, CountsStepsEvaluationsAndSaves) {
  const PartSeconds each = {.step = 0.5, .evaluation = 20, .save = 3};
  EXPECT_EQ(SecondsLeft({.step = 0.5}, 100, 2, 60), 50);
  // 90 s of work: a save after 60 s counts as one and a half, and the last.
  EXPECT_EQ(SecondsLeft(each, 100, 2, 60), 90 + 2.5 * 3);
  // After every step, and no more often.
  EXPECT_EQ(SecondsLeft(each, 100, 2, 0), 90 + 101 * 3);
  EXPECT_EQ(SecondsLeft(each, 100, 2, 1e-9), 90 + 101 * 3);
  EXPECT_EQ(SecondsLeft(each, 0, 1, 60), 20 + 3);
}

}  // namespace
}  // namespace wsel::train
