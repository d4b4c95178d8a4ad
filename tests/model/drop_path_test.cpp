#include "wsel/model/drop_path.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "wsel/model/variants.h"

namespace wsel::model {
namespace {

const Config& Vit() { return FindVariant("vit_tiny_patch16_224").config; }
const Config& ConvNext() { return FindVariant("convnext_femto").config; }

TEST(DropPath, CountsTheBranches) {
  EXPECT_EQ(DropPathBranches(Vit()), 24);
  EXPECT_EQ(DropPathBranches(ConvNext()), 12);
  EXPECT_EQ(DropPathBranches(FindVariant("convnextv2_atto").config), 12);
}

// The fraction of 4,000 samples for which a branch is dropped. Expects the
// factor 1 / keep for the others.
double DroppedFraction(const Config& config, double rate, int64_t branch,
                       double keep) {
  constexpr int64_t kSamples = 4000;
  const auto scales = DropPathScales(config, rate, 3, 7, 0, kSamples);
  const auto first = scales.begin() + branch * kSamples;
  int64_t dropped = 0;
  for (auto scale = first; scale != first + kSamples; ++scale) {
    if (*scale == 0) {
      ++dropped;
    } else {
      EXPECT_EQ(*scale, static_cast<float>(1 / keep));
    }
  }
  return static_cast<double>(dropped) / kSamples;
}

TEST(DropPath, RatesRiseLinearlyByBlock) {
  EXPECT_EQ(DroppedFraction(ConvNext(), 0.4, 0, 1), 0);
  EXPECT_EQ(DroppedFraction(Vit(), 0.4, 1, 1), 0);
  // Six standard deviations of a fraction are 0.046.
  for (const int64_t block : {1, 6, 11}) {
    const double expected = 0.4 * static_cast<double>(block) / 11;
    EXPECT_NEAR(DroppedFraction(ConvNext(), 0.4, block, 1 - expected), expected,
                0.046);
    for (const int64_t branch : {2 * block, 2 * block + 1}) {
      EXPECT_NEAR(DroppedFraction(Vit(), 0.4, branch, 1 - expected), expected,
                  0.046);
    }
  }
}

TEST(DropPath, DoesNotDependOnMicroBatches) {
  const auto whole = DropPathScales(Vit(), 0.5, 1, 2, 0, 12);
  const auto part = DropPathScales(Vit(), 0.5, 1, 2, 8, 4);
  for (int64_t branch = 0; branch < 24; ++branch) {
    EXPECT_TRUE(std::equal(part.begin() + branch * 4,
                           part.begin() + branch * 4 + 4,
                           whole.begin() + branch * 12 + 8))
        << branch;
  }
}

TEST(DropPath, DependsOnStepAndSeed) {
  const auto draw = [](uint64_t seed, int64_t step) {
    return DropPathScales(ConvNext(), 0.5, seed, step, 0, 64);
  };
  EXPECT_EQ(draw(1, 2), draw(1, 2));
  EXPECT_NE(draw(1, 2), draw(1, 3));
  EXPECT_NE(draw(1, 2), draw(2, 2));
}

TEST(DropPath, RateZeroKeepsAll) {
  const auto scales = DropPathScales(Vit(), 0, 1, 2, 0, 8);
  EXPECT_EQ(scales, std::vector<float>(size_t{24} * 8, 1.0F));
}

}  // namespace
}  // namespace wsel::model
