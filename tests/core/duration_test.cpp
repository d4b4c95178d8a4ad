#include "wsel/core/duration.h"

#include <gtest/gtest.h>

namespace wsel {
namespace {

TEST(DurationText, IsInSecondsToDays) {
  EXPECT_EQ(DurationText(0.4), "0 s");
  EXPECT_EQ(DurationText(59.4), "59 s");
  EXPECT_EQ(DurationText(61), "1:01");
  EXPECT_EQ(DurationText(3 * 3600 + 5), "3:00:05");
  EXPECT_EQ(DurationText(60 * 3600), "2.5 days");
}

// A rate near 0 must not overflow.
TEST(DurationText, AcceptsAnyDuration) {
  EXPECT_EQ(DurationText(1e300), "11574074074.1 days");
}

}  // namespace
}  // namespace wsel
