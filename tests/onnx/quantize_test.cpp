#include "onnx/quantize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "onnx/own_tensor.h"
#include "throws.h"

namespace wsel::onnx {
namespace {

using testing::Each;
using testing::ElementsAre;

TensorView Matrix(Shape shape, std::vector<float> values) {
  return OwnTensor("w", std::move(shape), DType::kF32, std::move(values));
}

TEST(QuantizeColumns, HasAScalePerColumn) {
  const auto q = QuantizeColumns(Matrix({2, 3}, {6.3F, 0, -1, -1.04F, 0, 63}));
  EXPECT_THAT(ElementsOf<int8_t>(q.integers),
              ElementsAre(63, 0, -1, -10, 0, 63));
  const auto scales = ElementsOf<float>(q.scales);
  EXPECT_FLOAT_EQ(scales[0], 0.1F);
  EXPECT_GT(scales[1], 0) << "of zeros";
  EXPECT_FLOAT_EQ(scales[2], 1);
  EXPECT_THAT(ElementsOf<int8_t>(q.zeros), Each(0));
  EXPECT_EQ(q.scales.spec.name, "w.scale");
}

TEST(QuantizeColumns, RejectsWhatIsNotFinite) {
  for (const float bad :
       {std::nanf(""), -std::numeric_limits<float>::infinity()}) {
    ExpectError(
        [&] {
          QuantizeColumns(Matrix({1, 2}, {1, bad}));
        },
        ErrorKind::kMismatch, {"w", "NaN or infinite"});
  }
}

TEST(ScaleOf, ZeroIsExact) {
  const auto around = ScaleOf({-1, 1.55F});
  EXPECT_FLOAT_EQ(around.scale, 0.01F);
  EXPECT_EQ(around.zero, 100);
  const auto above = ScaleOf({2, 5.1F});
  EXPECT_FLOAT_EQ(above.scale, 0.02F);
  EXPECT_EQ(above.zero, 0);
  EXPECT_EQ(ScaleOf({-5.1F, -2}).zero, 255);
  EXPECT_GT(ScaleOf({0, 0}).scale, 0);
  const float most = std::numeric_limits<float>::max();
  EXPECT_TRUE(std::isfinite(ScaleOf({-most, most}).scale));
}

TEST(RoundingNoise, IsRelativeToTheSignal) {
  EXPECT_NEAR(RoundingNoise({-1, 1.55F, 0.25}), 1e-4 / 12 / 0.25, 1e-9);
  EXPECT_EQ(RoundingNoise({0, 0, 0}), 0);
}

}  // namespace
}  // namespace wsel::onnx
