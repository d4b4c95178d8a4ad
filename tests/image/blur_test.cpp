// Gaussian blur and hue, whose pixels tests/augment/auto_augment_test.cpp
// compares to Pillow's.

#include "wsel/image/blur.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "throws.h"
#include "wsel/image/color.h"

namespace wsel::image {
namespace {

TEST(GaussianBlur, KeepsUniformImagesAndTheSize) {
  const Image grey(9, 4, {7, 128, 255});
  for (const double radius : {0.0, 0.3, 2.0, 50.0}) {
    EXPECT_EQ(GaussianBlur(grey, radius), grey) << radius;
  }
  const Image none(0, 0);
  EXPECT_EQ(GaussianBlur(none, 2), none);
  const Image line(0, 3);
  EXPECT_EQ(GaussianBlur(line, 2), line);
}

TEST(GaussianBlur, SpreadsAPixelAlikeInAllDirections) {
  Image dot(9, 9);
  constexpr int64_t kPixel = 3;  // bytes
  std::fill_n(dot.Row(4) + kPixel * 4, 3, uint8_t{255});
  const Image blurred = GaussianBlur(dot, 1);
  EXPECT_LT(blurred.Row(4)[kPixel * 4], 60);
  EXPECT_GT(blurred.Row(4)[kPixel * 3], 10);
  EXPECT_EQ(blurred.Row(4)[kPixel * 3], blurred.Row(4)[kPixel * 5]);
  EXPECT_EQ(blurred.Row(4)[kPixel * 3], blurred.Row(3)[kPixel * 4]);
}

TEST(GaussianBlur, RejectsImpossibleRadii) {
  for (const double radius : {-0.1, 1001.0, std::nan("")}) {
    ExpectError([&] { GaussianBlur(Image(2, 2), radius); }, ErrorKind::kConfig,
                {"blur radius"});
  }
}

TEST(ShiftHue, KeepsGreysAndRejectsMoreThanHalfATurn) {
  const Image grey(3, 2, {99, 99, 99});
  EXPECT_EQ(ShiftHue(grey, 0.4), grey);
  // Red, green after a third of a turn.
  EXPECT_EQ(ShiftHue(Image(1, 1, {200, 0, 0}), 1.0 / 3).bytes()[1], 200);
  ExpectError([&] { ShiftHue(grey, 0.51); }, ErrorKind::kConfig, {"hue"});
}

}  // namespace
}  // namespace wsel::image
