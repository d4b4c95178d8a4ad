#include <gtest/gtest.h>

#include <limits>

#include "wsel/train/options.h"

namespace wsel::train {
namespace {

constexpr int64_t kPlenty = std::numeric_limits<int64_t>::max();

TEST(SolveMicroBatch, IsTheLargestDivisorThatFits) {
  EXPECT_EQ(SolveMicroBatch(512, 1, 10, kPlenty, 512), 512);
  EXPECT_EQ(SolveMicroBatch(512, 1, 10, 1290, 512), 128);  // 129 would fit
  EXPECT_EQ(SolveMicroBatch(512, 1, 10, kPlenty, 100), 64);
}

TEST(SolveMicroBatch, DividesTheBatchAndAlignsWithMixupGroups) {
  EXPECT_EQ(SolveMicroBatch(96, 1, 1, 50, 512), 48);
  // 48 divides 96 but neither divides nor is divided by 32.
  EXPECT_EQ(SolveMicroBatch(96, 32, 1, 50, 512), 32);
  EXPECT_EQ(SolveMicroBatch(96, 32, 1, 20, 512), 16);
}

TEST(SolveMicroBatch, IsOneIfNothingFits) {
  EXPECT_EQ(SolveMicroBatch(64, 2, 1000, 10, 512), 1);
  EXPECT_EQ(SolveMicroBatch(64, 2, 1000, 0, 512), 1);
}

}  // namespace
}  // namespace wsel::train
