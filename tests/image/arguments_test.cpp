// What golden files do not cover: invalid arguments and identities.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "image/test_image.h"
#include "throws.h"
#include "wsel/image/color.h"
#include "wsel/image/geometry.h"
#include "wsel/image/resample.h"

namespace wsel::image {
namespace {

TEST(Image, ResizeRejectsBoxesOutsideTheImage) {
  const Image image = TestImage("plain", 13, 5);
  const Box boxes[] = {
      {-1, 0, 13, 5},
      {0, -0.5F, 13, 5},
      {0, 0, 13.5F, 5},
      {0, 0, 13, 6},
      {4, 0, 3, 5},
      {0, 4, 13, 3},
      {std::nanf(""), 0, 13, 5},
  };
  for (const Box& box : boxes) {
    ExpectError([&] { Resize(image, box, 8, 8, Interpolation::kBicubic); },
                ErrorKind::kConfig, {"box must lie within"});
  }
  ExpectError(
      [&] { Resize(image, FullBox(image), 0, 8, Interpolation::kNearest); },
      ErrorKind::kConfig, {"at least 1"});
}

// With all else black the result is the same.
TEST(Image, ACropNeedsOnlyItsWindow) {
  for (const auto& [width, height] : {std::pair(13, 5), {61, 47}, {2, 301}}) {
    const Image image = TestImage("plain", width, height);
    for (const auto interpolation :
         {Interpolation::kNearest, Interpolation::kBilinear,
          Interpolation::kBicubic}) {
      for (const auto& [w, h] : {std::pair(40, 30), {13, 47}, {61, 5}}) {
        for (const Window& at : {Window{0, 0, w, h}, Window{3, 1, 9, 4},
                                 Window{w - 1, h - 1, 1, 1}}) {
          const Image part = OnlyWindow(
              image, NeededForCrop(image.size(), w, h, at, interpolation));
          EXPECT_EQ(ResizeThenCrop(part, w, h, at, interpolation),
                    ResizeThenCrop(image, w, h, at, interpolation));
        }
      }
    }
  }
  const Window corner = NeededForCrop({500, 375}, 100, 75, {0, 0, 10, 10},
                                      Interpolation::kBicubic);
  EXPECT_EQ(corner.left, 0);
  EXPECT_LT(corner.width, 100);
  EXPECT_LT(corner.height, 100);
}

TEST(Image, FusedCropsEqualResizeAndCropInSequence) {
  for (const auto& [width, height] : {std::pair(13, 5), {61, 47}, {2, 301}}) {
    const Image image = TestImage("plain", width, height);
    for (const auto interpolation :
         {Interpolation::kNearest, Interpolation::kBilinear,
          Interpolation::kBicubic}) {
      for (const auto& [w, h] : {std::pair(40, 30), {13, 47}, {61, 5}}) {
        const Image whole = Resize(image, FullBox(image), w, h, interpolation);
        for (const Window& at : {Window{0, 0, w, h}, Window{3, 1, 9, 4},
                                 Window{w - 1, h - 1, 1, 1}}) {
          EXPECT_EQ(ResizeThenCrop(image, w, h, at, interpolation),
                    Crop(whole, at.left, at.top, at.width, at.height));
        }
        const Window window = {1, height / 3, width - 1, height / 2};
        const Image cut =
            Crop(image, window.left, window.top, window.width, window.height);
        EXPECT_EQ(CropThenResize(image, window, w, h, interpolation),
                  Resize(cut, FullBox(cut), w, h, interpolation));
      }
    }
  }
  for (const Window& outside : {Window{-1, 0, 4, 4}, Window{5, 0, 4, 4},
                                Window{0, 0, 4, 9}, Window{0, 0, -1, 4}}) {
    ExpectError(
        [&] {
          ResizeThenCrop(TestImage("plain", 13, 5), 8, 8, outside,
                         Interpolation::kBicubic);
        },
        ErrorKind::kConfig, {"window must lie within"});
    ExpectError(
        [&] {
          CropThenResize(TestImage("plain", 8, 8), outside, 8, 8,
                         Interpolation::kBicubic);
        },
        ErrorKind::kConfig, {"window must lie within"});
  }
}

// The sum over the row exceeds an int.
TEST(Image, MeansOfLongRowsDoNotOverflow) {
  const Image white(9'000'000, 1, {255, 255, 255});
  EXPECT_TRUE(Contrast(white, 0.5) == white);
}

TEST(Image, BlendRejectsDifferentSizes) {
  ExpectError([] { Blend(Image(2, 3), Image(3, 2), 0.5); }, ErrorKind::kConfig,
              {"different sizes"});
}

TEST(Image, FactorOneAndSameSizeAreIdentities) {
  const Image image = TestImage("plain", 61, 47);
  for (const auto enhance : {Color, Contrast, Brightness, Sharpness}) {
    EXPECT_EQ(enhance(image, 1), image);
  }
  EXPECT_EQ(Posterize(image, 8), image);
  EXPECT_EQ(Rotate(image, -720, Interpolation::kBicubic), image);
  EXPECT_EQ(Resize(image, FullBox(image), 61, 47, Interpolation::kBicubic),
            image);
  EXPECT_EQ(FlipHorizontal(FlipHorizontal(image)), image);
  EXPECT_NE(FlipVertical(image), image);
  EXPECT_EQ(FlipVertical(FlipVertical(image)), image);
  EXPECT_EQ(FlipVertical(FlipHorizontal(image)),
            Rotate(image, 180, Interpolation::kNearest));
}

// As intended by timm.
TEST(Image, PosterizeToNoBitsIsBlack) {
  EXPECT_EQ(Posterize(TestImage("plain", 13, 5), 0), Image(13, 5));
}

TEST(Image, PointsFarOutsideAreFilled) {
  const Image image = TestImage("plain", 13, 5);
  const double huge = std::numeric_limits<double>::max();
  const double nan = std::nan("");
  for (const double far : {huge, -huge, 1e10, -1e10, nan}) {
    for (const auto interpolation :
         {Interpolation::kNearest, Interpolation::kBilinear,
          Interpolation::kBicubic}) {
      for (const double slant : {0.0, 0.5}) {
        EXPECT_EQ(Transform(image, 4, 3, {1, slant, far, slant, 1, far},
                            interpolation, {1, 2, 3}),
                  Image(4, 3, {1, 2, 3}));
      }
    }
  }
  const int max = std::numeric_limits<int>::max();
  EXPECT_EQ(Crop(image, max, -max, 4, 3, {1, 2, 3}), Image(4, 3, {1, 2, 3}));
}

}  // namespace
}  // namespace wsel::image
