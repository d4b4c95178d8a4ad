#include "checkpoint/live_bytes.h"

#include <gtest/gtest.h>

#include <vector>

namespace wsel {
namespace {

// Otherwise the tests of memory limits would always pass.
TEST(LivePeak, IsThePeakNotTheTotal) {
  constexpr size_t kSize = 1'000'000;
  const LivePeak peak;
  for (int i = 0; i < 10; ++i) {
    const std::vector<char> one(kSize);
    const std::vector<char> two(kSize);
    EXPECT_NE(one.data(), two.data());
  }
  EXPECT_GE(peak.bytes(), 2 * kSize);
  EXPECT_LT(peak.bytes(), 3 * kSize);
}

}  // namespace
}  // namespace wsel
