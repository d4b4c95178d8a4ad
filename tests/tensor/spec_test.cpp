#include "wsel/tensor/spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace wsel {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

TEST(ElementCount, Counts) {
  EXPECT_EQ(ElementCount({}), 1);  // a scalar
  EXPECT_EQ(ElementCount({2, 3, 4}), 24);
  EXPECT_EQ(ElementCount({kMax}), kMax);
  EXPECT_EQ(ElementCount({3, 0, 5}), 0);
}

TEST(ElementCount, RefusesWhatNoTensorHas) {
  EXPECT_EQ(ElementCount({-1}), std::nullopt);
  EXPECT_EQ(ElementCount({0, -1}), std::nullopt);
  EXPECT_EQ(ElementCount({-1, -1}), std::nullopt);
  EXPECT_EQ(ElementCount({kMax, 2}), std::nullopt);
  EXPECT_EQ(ElementCount({int64_t{1} << 32, int64_t{1} << 31}), std::nullopt);
  // 2^64 wraps around to 0.
  EXPECT_EQ(ElementCount({int64_t{1} << 32, int64_t{1} << 32}), std::nullopt);
  // Empty, but its strides would not fit.
  EXPECT_EQ(ElementCount({kMax, kMax, 0}), std::nullopt);
}

TEST(ContiguousStrides, RowMajor) {
  EXPECT_THAT(ContiguousStrides({}), IsEmpty());
  EXPECT_THAT(ContiguousStrides({5}), ElementsAre(1));
  EXPECT_THAT(ContiguousStrides({2, 3, 4}), ElementsAre(12, 4, 1));
  EXPECT_THAT(ContiguousStrides({2, 0, 4}), ElementsAre(4, 4, 1));  // as torch
}

TEST(FormatShape, ReadsAsTorchPrintsIt) {
  EXPECT_EQ(FormatShape({}), "[]");
  EXPECT_EQ(FormatShape({1152, 384}), "[1152, 384]");
}

TEST(TensorSpec, ComparesAllItsParts) {
  const TensorSpec spec{"w", {2}, DType::kF32};
  EXPECT_EQ(spec, (TensorSpec{"w", {2}, DType::kF32}));
  EXPECT_NE(spec, (TensorSpec{"v", {2}, DType::kF32}));
  EXPECT_NE(spec, (TensorSpec{"w", {3}, DType::kF32}));
  EXPECT_NE(spec, (TensorSpec{"w", {2}, DType::kF16}));
}

}  // namespace
}  // namespace wsel
