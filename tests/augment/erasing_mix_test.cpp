#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "../src/augment/normal_noise.h"
#include "throws.h"
#include "wsel/augment/erasing.h"
#include "wsel/augment/mix.h"
#include "wsel/core/philox.h"

namespace wsel::augment {
namespace {

constexpr ErasedRect kLarge = {0, 0, 200, 200};

TEST(Erasing, NoiseIsNormal) {
  const auto noise = ErasingNoise(kLarge, {1, 2, 3});
  ASSERT_EQ(noise.size(), 120'000U);
  const auto count = static_cast<double>(noise.size());
  std::array<double, 5> moments{};
  std::array<int, 16> counts{};
  for (const float value : noise) {
    double power = 1;
    for (double& moment : moments) {
      moment += power / count;
      power *= value;
    }
    // Bins of equal probability.
    const double below = 0.5 * std::erfc(-value / std::sqrt(2.0));
    ++counts[std::min<size_t>(static_cast<size_t>(below * 16), 15)];
  }
  // Tolerances are five standard deviations.
  EXPECT_NEAR(moments[1], 0, 5 / std::sqrt(count));
  EXPECT_NEAR(moments[2], 1, 5 * std::sqrt(2 / count));
  EXPECT_NEAR(moments[3], 0, 5 * std::sqrt(15 / count));
  EXPECT_NEAR(moments[4], 3, 5 * std::sqrt(96 / count));
  for (const int bin : counts) EXPECT_NEAR(bin, 7500, 5 * std::sqrt(7500));
}

// The fast generator equals the plain one: Philox, then Box-Muller.
TEST(Erasing, NoiseIsBoxMullerOfPhilox) {
  std::array<float, 600> noise;
  FillNormal({5, 6}, noise);
  for (const uint32_t counter : {0U, 1U, 63U, 64U, 70U}) {
    const auto bits = Philox({counter, 0, 0, 0}, {5, 6});
    const size_t at = counter / 64 * 256 + counter % 64;
    for (const size_t pair : {size_t{0}, size_t{1}}) {
      if (at + 128 * pair + 64 >= noise.size()) continue;
      const double uniform = ((bits[2 * pair] >> 9) + 0.5) * 0x1p-23;
      const double length =
          std::hypot(noise[at + 128 * pair], noise[at + 128 * pair + 64]);
      EXPECT_NEAR(length, std::sqrt(-2 * std::log(uniform)), 1e-5);
    }
  }
}

TEST(Erasing, NoiseDependsOnTheAddress) {
  const ErasedRect small = {0, 0, 2, 3};
  const auto noise = ErasingNoise(small, {1, 2, 3});
  EXPECT_EQ(noise, ErasingNoise(small, {1, 2, 3}));
  EXPECT_NE(noise, ErasingNoise(small, {1, 2, 4}));
  EXPECT_NE(noise, ErasingNoise(small, {1, 3, 3}));
  EXPECT_NE(noise, ErasingNoise(small, {2, 2, 3}));
}

TEST(Erasing, RectsLieWithinTheImage) {
  const ErasingOptions always = {.probability = 1};
  for (const int size : {1, 2, 3, 8, 32}) {
    for (int64_t i = 0; i < 500; ++i) {
      const auto rect = DrawErasing(always, size, {1, 0, i});
      if (!rect) continue;
      EXPECT_GT(rect->height, 0);
      EXPECT_GT(rect->width, 0);
      EXPECT_LE(rect->top + rect->height, size);
      EXPECT_LE(rect->left + rect->width, size);
    }
  }
  EXPECT_FALSE(DrawErasing({.probability = 0}, 32, {1, 0, 0}));
}

TEST(Erasing, RectsLieWithinARectangle) {
  const ErasingOptions always = {.probability = 1};
  int beyond = 0;  // the shorter side
  for (int64_t i = 0; i < 500; ++i) {
    const auto rect = DrawErasing(always, {16, 64}, {1, 0, i});
    if (!rect) continue;
    EXPECT_LE(rect->top + rect->height, 16);
    EXPECT_LE(rect->left + rect->width, 64);
    beyond += rect->left + rect->width > 16 ? 1 : 0;
  }
  EXPECT_GT(beyond, 0);
}

TEST(Mix, LambdaIsTheFractionOfARectangle) {
  const MixOptions cutmix = {.mixup_alpha = 0};
  for (int64_t step = 0; step < 500; ++step) {
    const auto draw = DrawMix(cutmix, {16, 64}, 1, step, 0);
    EXPECT_GE(draw.top, 0);
    EXPECT_GE(draw.left, 0);
    EXPECT_LE(draw.bottom, 16);
    EXPECT_LE(draw.right, 64);
    const double area =
        (draw.bottom - draw.top) * (draw.right - draw.left) / (16.0 * 64);
    EXPECT_DOUBLE_EQ(draw.lambda, 1 - area);
  }
}

TEST(Mix, LambdaIsTheFractionOutsideTheBox) {
  const MixOptions cutmix = {.mixup_alpha = 0};
  for (int64_t step = 0; step < 500; ++step) {
    const auto draw = DrawMix(cutmix, 32, 1, step, 0);
    EXPECT_TRUE(draw.cutmix);
    EXPECT_GE(draw.top, 0);
    EXPECT_GE(draw.left, 0);
    EXPECT_LE(draw.bottom, 32);
    EXPECT_LE(draw.right, 32);
    const double area =
        (draw.bottom - draw.top) * (draw.right - draw.left) / (32.0 * 32);
    EXPECT_DOUBLE_EQ(draw.lambda, 1 - area);
  }
}

TEST(Mix, DrawDependsOnTheAddress) {
  const MixOptions mixup = {.cutmix_alpha = 0};
  const auto lambda = [&](uint64_t seed, int64_t step, int64_t group) {
    return DrawMix(mixup, 32, seed, step, group).lambda;
  };
  EXPECT_EQ(lambda(1, 2, 3), lambda(1, 2, 3));
  EXPECT_NE(lambda(1, 2, 3), lambda(1, 3, 2));
  EXPECT_NE(lambda(1, 2, 3), lambda(1, 2, 4));
  EXPECT_NE(lambda(1, 2, 3), lambda(2, 2, 3));
}

TEST(Mix, OffMeansNoMix) {
  EXPECT_EQ(DrawMix({.mixup_alpha = 0, .cutmix_alpha = 0}, 32, 1, 2, 3).lambda,
            1);
  EXPECT_EQ(DrawMix({.probability = 0}, 32, 1, 2, 3).lambda, 1);
}

// Here the powers of the uniform draws underflow.
TEST(Mix, TinyAlphasGiveValidLambdas) {
  const MixOptions tiny = {.mixup_alpha = 1e-4, .cutmix_alpha = 0};
  for (int64_t step = 0; step < 100; ++step) {
    const double lambda = DrawMix(tiny, 32, 1, step, 0).lambda;
    EXPECT_TRUE(lambda >= 0 && lambda <= 1) << lambda;
  }
}

TEST(ErasingAndMix, OptionsAreChecked) {
  Validate(ErasingOptions());
  Validate(MixOptions());
  ExpectError([] { Validate(ErasingOptions{.min_area = 0.5}, "e"); },
              ErrorKind::kConfig, {"e.min_area: 0.5 is not in 0 ... 0.33"});
  ExpectError([] { Validate(ErasingOptions{.min_aspect = 0}); },
              ErrorKind::kConfig, {"min_aspect"});
  ExpectError([] { Validate(MixOptions{.mixup_alpha = -1}); },
              ErrorKind::kConfig, {"mixup_alpha"});
  ExpectError([] { Validate(MixOptions{.smoothing = std::nan("")}); },
              ErrorKind::kConfig, {"smoothing"});
}

}  // namespace
}  // namespace wsel::augment
