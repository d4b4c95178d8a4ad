#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "throws.h"
#include "wsel/train/device.h"

namespace wsel::train {
namespace {

const c10::Device kCpu(c10::kCPU);

TEST(ResolvePrecision, KeepsWhatIsRequested) {
  EXPECT_EQ(ResolvePrecision(Precision::kFp32, kCpu).precision,
            Precision::kFp32);
  EXPECT_EQ(ResolvePrecision(Precision::kBf16, kCpu).precision,
            Precision::kBf16);
}

TEST(ResolvePrecision, ResolvesAutoAndGivesAReason) {
  const PrecisionChoice choice = ResolvePrecision(Precision::kAuto, kCpu);
  EXPECT_NE(choice.precision, Precision::kAuto);
  EXPECT_NE(choice.precision, Precision::kFp16);
  EXPECT_FALSE(choice.reason.empty());
  EXPECT_EQ(
      ResolvePrecision(Precision::kAuto, c10::Device(c10::kCUDA)).precision,
      Precision::kBf16);
}

TEST(ResolvePrecision, Fp16NeedsAGpu) {
  ExpectError([] { ResolvePrecision(Precision::kFp16, kCpu); },
              ErrorKind::kConfig, {"train.precision", "choose bf16, fp32"});
  EXPECT_EQ(
      ResolvePrecision(Precision::kFp16, c10::Device(c10::kCUDA)).precision,
      Precision::kFp16);
}

TEST(Autocast, SetsThePrecisionOfProductsWhileItLives) {
  const auto a = at::rand({4, 8});
  const auto b = at::rand({8, 3});
  {
    const Autocast autocast(Precision::kBf16, kCpu);
    EXPECT_EQ(at::matmul(a, b).scalar_type(), at::kBFloat16);
    {
      const Autocast inner(Precision::kFp32, kCpu);  // changes nothing
      EXPECT_EQ(at::matmul(a, b).scalar_type(), at::kBFloat16);
    }
  }
  EXPECT_EQ(at::matmul(a, b).scalar_type(), at::kFloat);
}

}  // namespace
}  // namespace wsel::train
