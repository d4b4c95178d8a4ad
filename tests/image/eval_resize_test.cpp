#include "wsel/image/eval_resize.h"

#include <gtest/gtest.h>

namespace wsel::image {
namespace {

TEST(EvalResize, IsByTheSizeUnlessAModeIsGiven) {
  for (const auto& [size, expected] : {std::pair(1, EvalResize::kNone),
                                       {32, EvalResize::kNone},
                                       {33, EvalResize::kShortSide},
                                       {383, EvalResize::kShortSide},
                                       {384, EvalResize::kWhole},
                                       {4096, EvalResize::kWhole}}) {
    EXPECT_EQ(EvalResizeOf(CropMode::kAuto, size), expected) << size;
    EXPECT_EQ(EvalResizeOf(CropMode::kCenter, size), EvalResize::kShortSide);
    EXPECT_EQ(EvalResizeOf(CropMode::kSquash, size), EvalResize::kSquash);
  }
  EXPECT_TRUE(HasCrop(EvalResize::kShortSide));
  EXPECT_TRUE(HasCrop(EvalResize::kSquash));
  EXPECT_FALSE(HasCrop(EvalResize::kWhole));
  EXPECT_FALSE(HasCrop(EvalResize::kNone));
}

TEST(EvalResize, GoesByBothSides) {
  for (const auto& [size, expected] :
       {std::pair(HeightWidth(24, 32), EvalResize::kNone),
        {HeightWidth(32, 33), EvalResize::kShortSide},
        {HeightWidth(16, 512), EvalResize::kShortSide},
        {HeightWidth(383, 512), EvalResize::kShortSide},
        {HeightWidth(512, 384), EvalResize::kWhole}}) {
    EXPECT_EQ(EvalResizeOf(CropMode::kAuto, size), expected) << ToText(size);
  }
}

TEST(EvalResize, RoundsTheSizeBeforeTheCropDown) {
  EXPECT_EQ(SizeBeforeCrop(224, 0.875), HeightWidth(256));
  EXPECT_EQ(SizeBeforeCrop({64, 96}, 0.875), HeightWidth(73, 109));
  EXPECT_EQ(SizeBeforeCrop({64, 96}, 1), HeightWidth(64, 96));
}

}  // namespace
}  // namespace wsel::image
