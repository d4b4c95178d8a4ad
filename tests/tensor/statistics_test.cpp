#include "wsel/tensor/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace wsel {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

Statistics Of(const std::vector<float>& values) {
  TensorView view;
  view.spec.shape = {static_cast<int64_t>(values.size())};
  view.strides = {1};
  view.bytes = std::as_bytes(std::span(values));
  return StatisticsOf(view);
}

TEST(Statistics, OfFiniteValues) {
  const Statistics s = Of({1, 2, 3, 6});
  EXPECT_EQ(s.min, 1);
  EXPECT_EQ(s.max, 6);
  EXPECT_EQ(s.mean, 3);
  EXPECT_DOUBLE_EQ(s.std, std::sqrt(14.0 / 4));  // divided by the count
  EXPECT_EQ(s.nan_count, 0);
}

// In float32 the sum would lose the small values.
TEST(Statistics, SumsInDouble) {
  const Statistics s = Of({1e8F, 1, 1, 1, -1e8F});
  EXPECT_DOUBLE_EQ(s.mean, 0.6);
}

TEST(Statistics, NanIsCountedAndExcluded) {
  const Statistics s = Of({kNan, 2, kNan, 4});
  EXPECT_EQ(s.nan_count, 2);
  EXPECT_EQ(s.min, 2);
  EXPECT_EQ(s.max, 4);
  EXPECT_EQ(s.mean, 3);
}

TEST(Statistics, InfinityIsIncluded) {
  const Statistics s = Of({-kInfinity, 1});
  EXPECT_EQ(s.min, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(s.max, 1);
}

TEST(Statistics, OfNoValues) {
  EXPECT_EQ(Of({}).max, 0);
  const Statistics s = Of({kNan});
  EXPECT_EQ(s.nan_count, 1);
  EXPECT_EQ(s.mean, 0);
}

}  // namespace
}  // namespace wsel
