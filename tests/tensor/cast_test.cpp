#include "wsel/tensor/cast.h"

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "wsel/core/error.h"

namespace wsel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

template <typename T>
TensorView ViewOf(const std::vector<T>& values, DType dtype) {
  const auto copy = std::make_shared<std::vector<T>>(values);
  TensorView view;
  view.spec = {"t", {static_cast<int64_t>(values.size())}, dtype};
  view.strides = {1};
  view.bytes = std::as_bytes(std::span(*copy));
  view.owner = copy;
  return view;
}

template <typename T>
std::vector<T> ValuesOf(const TensorView& view) {
  std::vector<T> values(view.bytes.size() / sizeof(T));
  std::memcpy(values.data(), view.bytes.data(), view.bytes.size());
  return values;
}

// A slow reference implementation of a 16-bit format.
struct Format16 {
  DType dtype;
  int mantissa;
  int bias;

  double Value(uint16_t bits) const {
    const int exponent = (bits & 0x7fff) >> mantissa;
    const int fraction = bits & ((1 << mantissa) - 1);
    double magnitude = exponent == 0 ? std::ldexp(fraction, 1 - bias - mantissa)
                                     : std::ldexp(fraction + (1 << mantissa),
                                                  exponent - bias - mantissa);
    if (exponent == 2 * bias + 1) magnitude = fraction == 0 ? INFINITY : NAN;
    return bits >> 15 == 1 ? -magnitude : magnitude;
  }

  // Rounds to nearest, ties to even; overflow gives infinity.
  uint16_t Nearest(double value) const {
    const double magnitude = std::fabs(value);
    const int min_exponent = 1 - bias;
    const int exponent = magnitude > 0
                             ? std::max(std::ilogb(magnitude), min_exponent)
                             : min_exponent;
    const auto steps = static_cast<int64_t>(
        std::nearbyint(std::ldexp(magnitude, mantissa - exponent)));
    const int64_t bits = (int64_t{exponent + bias - 1} << mantissa) + steps;
    const int64_t infinity = (2 * bias + 1) << mantissa;
    return static_cast<uint16_t>((std::signbit(value) ? 0x8000 : 0) |
                                 std::min(bits, infinity));
  }

  bool IsFinite(uint16_t bits) const {
    return (bits & 0x7fff) >> mantissa != 2 * bias + 1;
  }
};

constexpr Format16 kHalf = {DType::kF16, 10, 15};
constexpr Format16 kBrain = {DType::kBF16, 7, 127};

class Cast16 : public testing::TestWithParam<Format16> {};

TEST_P(Cast16, WidensEveryValue) {
  const Format16& format = GetParam();
  std::vector<uint16_t> all(65536);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint16_t>(i);
  const TensorView view = ViewOf(all, format.dtype);
  const auto singles = ValuesOf<float>(Cast(view, DType::kF32));
  const auto doubles = ValuesOf<double>(Cast(view, DType::kF64));
  for (const uint16_t bits : all) {
    const double value = format.Value(bits);
    ASSERT_EQ(std::isnan(singles[bits]), std::isnan(value)) << bits;
    ASSERT_EQ(std::isnan(doubles[bits]), std::isnan(value)) << bits;
    ASSERT_EQ(std::signbit(singles[bits]), bits >> 15 == 1) << bits;
    if (std::isnan(value)) continue;
    ASSERT_EQ(singles[bits], value) << bits;
    ASSERT_EQ(doubles[bits], value) << bits;
  }
}

TEST_P(Cast16, RoundTripsThroughFloatAndDouble) {
  const Format16& format = GetParam();
  std::vector<uint16_t> values;
  for (uint32_t i = 0; i < 65536; ++i) {
    const auto bits = static_cast<uint16_t>(i);
    if (!std::isnan(format.Value(bits))) values.push_back(bits);
  }
  const TensorView view = ViewOf(values, format.dtype);
  for (const DType wide : {DType::kF32, DType::kF64}) {
    EXPECT_EQ(ValuesOf<uint16_t>(Cast(Cast(view, wide), format.dtype)), values);
  }
}

// Around the midpoint of every two neighbouring values of the format.
TEST_P(Cast16, RoundsToNearestTiesToEven) {
  const Format16& format = GetParam();
  std::vector<double> doubles;
  for (uint32_t i = 0; i < 65535; ++i) {
    const double low = format.Value(static_cast<uint16_t>(i));
    const double high = format.Value(static_cast<uint16_t>(i + 1));
    if (!std::isfinite(low) || !std::isfinite(high)) continue;
    const double middle = (low + high) / 2;
    for (const double value :
         {middle, std::nextafter(middle, low), std::nextafter(middle, high)}) {
      doubles.push_back(value);
    }
  }
  const auto got =
      ValuesOf<uint16_t>(Cast(ViewOf(doubles, DType::kF64), format.dtype));
  for (size_t i = 0; i < doubles.size(); ++i) {
    ASSERT_EQ(got[i], format.Nearest(doubles[i])) << doubles[i];
  }
}

// A million floats of all exponents, without those that overflow.
TEST_P(Cast16, RoundsFloats) {
  const Format16& format = GetParam();
  std::mt19937 random(7);
  std::vector<float> floats;
  for (int i = 0; i < 1'000'000; ++i) {
    const float value = std::bit_cast<float>(static_cast<uint32_t>(random()));
    if (std::isfinite(value) && format.IsFinite(format.Nearest(value))) {
      floats.push_back(value);
    }
  }
  const auto got =
      ValuesOf<uint16_t>(Cast(ViewOf(floats, DType::kF32), format.dtype));
  for (size_t i = 0; i < floats.size(); ++i) {
    ASSERT_EQ(got[i], format.Nearest(floats[i])) << floats[i];
  }
}

TEST_P(Cast16, KeepsInfinityAndNaN) {
  const Format16& format = GetParam();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto infinity =
      static_cast<uint16_t>((2 * format.bias + 1) << format.mantissa);
  const auto quiet =
      static_cast<uint16_t>(infinity | 1 << (format.mantissa - 1));
  const std::vector<float> floats = {kInfinity, -kInfinity, nan, -nan, -0.0F};
  const std::vector<double> doubles(floats.begin(), floats.end());
  for (const TensorView& view :
       {ViewOf(floats, DType::kF32), ViewOf(doubles, DType::kF64)}) {
    EXPECT_THAT(ValuesOf<uint16_t>(Cast(view, format.dtype)),
                ElementsAre(infinity, 0x8000 | infinity, quiet, 0x8000 | quiet,
                            0x8000));
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, Cast16, testing::Values(kHalf, kBrain),
                         [](const auto& info) {
                           return std::string(Name(info.param.dtype));
                         });

std::string ErrorOf(const TensorView& view, DType to) {
  try {
    Cast(view, to);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMismatch);
    return error.what();
  }
  return "";
}

// Types that are read, but not computed with.
TEST(Cast, RejectsOtherTargets) {
  const float values[] = {1, 2};
  const TensorView view = {
      {"x", {2}, DType::kF32}, {1}, std::as_bytes(std::span(values)), nullptr};
  for (const DType to : {DType::kF8E4M3, DType::kU8, DType::kI64}) {
    ExpectError([&] { Cast(view, to); }, ErrorKind::kMismatch,
                {"x", "can be converted"});
  }
}

TEST(Cast, RejectsOverflow) {
  // 65,520 is halfway between the largest value and the next power of two.
  EXPECT_EQ(ErrorOf(ViewOf<float>({65519, -65519}, DType::kF32), DType::kF16),
            "");
  EXPECT_EQ(ErrorOf(ViewOf<float>({1, 65520}, DType::kF32), DType::kF16),
            "t: value 65520 overflows float16; use another type");
  EXPECT_THAT(ErrorOf(ViewOf<double>({-1e39}, DType::kF64), DType::kF32),
              HasSubstr("value -1e+39 overflows float32"));
  EXPECT_THAT(
      ErrorOf(ViewOf<float>({std::numeric_limits<float>::max()}, DType::kF32),
              DType::kBF16),
      HasSubstr("overflows bfloat16"));
  EXPECT_THAT(ErrorOf(ViewOf<uint16_t>({0x7f7f}, DType::kBF16), DType::kF16),
              HasSubstr("overflows float16"));
}

TEST(Cast, RoundsOnceFromDouble) {
  // As a float this is 1 + 2^-11, a tie that would round to 1.
  const double above_tie = 1 + std::ldexp(1, -11) + std::ldexp(1, -40);
  EXPECT_THAT(ValuesOf<uint16_t>(
                  Cast(ViewOf<double>({above_tie}, DType::kF64), DType::kF16)),
              ElementsAre(0x3c01));
  EXPECT_THAT(
      ValuesOf<float>(Cast(ViewOf<double>({0.1}, DType::kF64), DType::kF32)),
      ElementsAre(0.1F));
}

TEST(Cast, ConvertsBetweenThe16BitTypes) {
  // 1, float16's smallest subnormal, and a value that bfloat16 rounds.
  EXPECT_THAT(ValuesOf<uint16_t>(
                  Cast(ViewOf<uint16_t>({0x3c00, 0x0001, 0x3c05}, DType::kF16),
                       DType::kBF16)),
              ElementsAre(0x3f80, 0x3380, 0x3f81));
  EXPECT_THAT(ValuesOf<uint16_t>(
                  Cast(ViewOf<uint16_t>({0x3f80, 0x3380, 0x0001}, DType::kBF16),
                       DType::kF16)),
              ElementsAre(0x3c00, 0x0001, 0x0000));
}

TEST(Cast, SharesMemoryIfTheTypeIsTheSame) {
  const TensorView view = ViewOf<float>({1, 2}, DType::kF32);
  EXPECT_EQ(Cast(view, DType::kF32).bytes.data(), view.bytes.data());
}

TEST(Cast, FollowsStrides) {
  TensorView view = ViewOf<float>({1, 2, 3, 4, 5, 6}, DType::kF32);
  view.spec.shape = {3, 2};
  view.strides = {1, 3};
  const TensorView cast = Cast(view, DType::kF64);
  EXPECT_TRUE(cast.IsContiguous());
  EXPECT_THAT(ValuesOf<double>(cast), ElementsAre(1, 4, 2, 5, 3, 6));
}

TEST(Cast, RejectsOtherTypes) {
  EXPECT_THAT(ErrorOf(ViewOf<int32_t>({1}, DType::kI32), DType::kF32),
              HasSubstr("t: is int32; only float16, bfloat16"));
}

TEST(Add, RoundsTheSumOnce) {
  const auto sum = [](const TensorView& a, const TensorView& b) {
    return Add(a, b);
  };
  EXPECT_THAT(ValuesOf<float>(sum(ViewOf<float>({1, 2}, DType::kF32),
                                  ViewOf<float>({3, 4.5}, DType::kF32))),
              ElementsAre(4, 6.5));
  // 2048 + 1 and 2048 + 3 are ties in float16.
  EXPECT_THAT(
      ValuesOf<uint16_t>(sum(ViewOf<uint16_t>({0x6800, 0x6800}, DType::kF16),
                             ViewOf<uint16_t>({0x3c00, 0x4200}, DType::kF16))),
      ElementsAre(0x6800, 0x6802));
  EXPECT_THAT(ValuesOf<double>(sum(ViewOf<double>({0.1}, DType::kF64),
                                   ViewOf<double>({0.2}, DType::kF64))),
              ElementsAre(0.1 + 0.2));
  EXPECT_THROW(sum(ViewOf<uint16_t>({0x7bff}, DType::kF16),
                   ViewOf<uint16_t>({0x7bff}, DType::kF16)),
               Error);
}

}  // namespace
}  // namespace wsel
