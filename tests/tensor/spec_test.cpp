#include "wsel/tensor/spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace wsel {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

TEST(Numel, Counts) {
  EXPECT_EQ(Numel({}), 1);  // a scalar
  EXPECT_EQ(Numel({2, 3, 4}), 24);
  EXPECT_EQ(Numel({kMax}), kMax);
  EXPECT_EQ(Numel({3, 0, 5}), 0);
}

TEST(Numel, RejectsNegativeAndOverflowingShapes) {
  EXPECT_EQ(Numel({-1}), std::nullopt);
  EXPECT_EQ(Numel({0, -1}), std::nullopt);
  EXPECT_EQ(Numel({-1, -1}), std::nullopt);
  EXPECT_EQ(Numel({kMax, 2}), std::nullopt);
  EXPECT_EQ(Numel({int64_t{1} << 32, int64_t{1} << 31}), std::nullopt);
  // 2^64 wraps around to 0.
  EXPECT_EQ(Numel({int64_t{1} << 32, int64_t{1} << 32}), std::nullopt);
  // Empty, but its strides would overflow.
  EXPECT_EQ(Numel({kMax, kMax, 0}), std::nullopt);
}

TEST(ContiguousStrides, RowMajor) {
  EXPECT_THAT(ContiguousStrides({}), IsEmpty());
  EXPECT_THAT(ContiguousStrides({5}), ElementsAre(1));
  EXPECT_THAT(ContiguousStrides({2, 3, 4}), ElementsAre(12, 4, 1));
  EXPECT_THAT(ContiguousStrides({2, 0, 4}), ElementsAre(4, 4, 1));  // as torch
}

TEST(FormatShape, MatchesTorch) {
  EXPECT_EQ(FormatShape({}), "[]");
  EXPECT_EQ(FormatShape({1152, 384}), "[1152, 384]");
}

TEST(TensorSpec, ComparesAllFields) {
  const TensorSpec spec{"w", {2}, DType::kF32};
  EXPECT_EQ(spec, (TensorSpec{"w", {2}, DType::kF32}));
  EXPECT_NE(spec, (TensorSpec{"v", {2}, DType::kF32}));
  EXPECT_NE(spec, (TensorSpec{"w", {3}, DType::kF32}));
  EXPECT_NE(spec, (TensorSpec{"w", {2}, DType::kF16}));
}

}  // namespace
}  // namespace wsel
