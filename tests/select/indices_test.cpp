#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "select/element_selection.h"
#include "select/rule_functions.h"

namespace wsel::select {
namespace {

using testing::ElementsAre;

TEST(Uniform, TakesEveryNthIfTheSizeDivides) {
  EXPECT_THAT(Uniform(6, 3), ElementsAre(0, 2, 4));
  EXPECT_THAT(Uniform(4, 4), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(Uniform(5, 1), ElementsAre(0));
}

TEST(Uniform, IncludesBothEndsIfTheSizeDoesNotDivide) {
  EXPECT_THAT(Uniform(6, 4), ElementsAre(0, 2, 3, 5));
}

TEST(Uniform, RoundsHalvesToEven) {
  EXPECT_THAT(Uniform(6, 5), ElementsAre(0, 1, 2, 4, 5));  // 1.25 2.5 3.75
  EXPECT_THAT(Uniform(8, 3), ElementsAre(0, 4, 7));        // 3.5
}

TEST(Uniform, EqualsTheOfficialArithmeticForThePapersSizes) {
  const std::vector<std::pair<int64_t, int64_t>> sizes = {
      {384, 192},  {384, 224},  {1536, 768}, {1536, 896}, {1152, 672},
      {1024, 192}, {3072, 576}, {4096, 768}, {768, 192},  {128, 48},
      {256, 96},   {1024, 384}, {2048, 768}, {4096, 1536}};
  for (const auto& [from, to] : sizes) {
    EXPECT_EQ(Uniform(from, to), UniformFp32(from, to)) << from << " " << to;
  }
}

// Why the official rule is not the default: the script indexes a fused qkv as
// one dimension, and if widths do not divide, its parts get different indices.
TEST(UniformFp32, MisalignsAFusedQkvIfWidthsDoNotDivide) {
  const auto mismatches = [](int64_t from, int64_t to) {
    const Indices fused = UniformFp32(3 * from, 3 * to);
    const Indices columns = UniformFp32(from, to);  // of proj
    int64_t q_k = 0;
    int64_t v_proj = 0;
    for (int64_t i = 0; i < to; ++i) {
      q_k += fused[i] != fused[to + i] - from;
      v_proj += fused[2 * to + i] - 2 * from != columns[i];
    }
    return std::make_pair(q_k, v_proj);
  };
  EXPECT_EQ(mismatches(384, 192), std::make_pair(int64_t{0}, int64_t{0}));
  EXPECT_EQ(mismatches(384, 224).first, 54);
  EXPECT_EQ(mismatches(1024, 192), std::make_pair(int64_t{192}, int64_t{160}));
}

TEST(Consecutive, TakesTheFirst) {
  EXPECT_THAT(Consecutive(3), ElementsAre(0, 1, 2));
  EXPECT_THAT(Consecutive(2, 5), ElementsAre(5, 6));
}

TEST(RandomSubset, IsASortedSubset) {
  const Indices subset = RandomSubset(100, 40, RandomStream(7, "x"));
  ASSERT_EQ(subset.size(), 40U);
  for (size_t i = 1; i < subset.size(); ++i) {
    EXPECT_LT(subset[i - 1], subset[i]);
  }
  EXPECT_GE(subset.front(), 0);
  EXPECT_LT(subset.back(), 100);
}

TEST(RandomSubset, DependsOnSeedAndName) {
  const Indices subset = RandomSubset(100, 40, RandomStream(7, "x"));
  EXPECT_EQ(subset, RandomSubset(100, 40, RandomStream(7, "x")));
  EXPECT_NE(subset, RandomSubset(100, 40, RandomStream(8, "x")));
  EXPECT_NE(subset, RandomSubset(100, 40, RandomStream(7, "y")));
}

TEST(RandomSubset, SelectsEveryIndexEquallyOften) {
  constexpr int kDraws = 4000;
  std::vector<int> counts(10);
  for (int seed = 0; seed < kDraws; ++seed) {
    for (const int64_t i : RandomSubset(10, 3, RandomStream(seed, ""))) {
      ++counts[i];
    }
  }
  // Binomial(4000, 0.3): mean 1200, std 29; within 5 std.
  for (const int count : counts) EXPECT_NEAR(count, 1200, 145);
}

TEST(Largest, IsAscendingAndBreaksTiesByTheLowerIndex) {
  EXPECT_THAT(Largest({1, 5, 3, 5, 3}, 3), ElementsAre(1, 2, 3));
  EXPECT_THAT(Largest({2, 2, 2}, 2), ElementsAre(0, 1));
}

}  // namespace
}  // namespace wsel::select
