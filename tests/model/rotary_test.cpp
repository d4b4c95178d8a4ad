// That rotations are timm's: tests/nn/models_test.cpp.
#include "wsel/model/rotary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numbers>

namespace wsel::model {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::Pointwise;

// Four patches, heads of 8 channels.
VitConfig FourPatches(Rope rope) {
  VitConfig config;
  config.img_size = 32;
  config.patch_size = 16;
  config.embed_dim = 16;
  config.num_heads = 2;
  config.rope = rope;
  return config;
}

TEST(Rotary, CoordinatesAreOfRowsThenColumns) {
  auto config = FourPatches(Rope::kMixed);
  EXPECT_THAT(RotaryCoordinates(config), ElementsAre(0, 0, 0, 1, 1, 0, 1, 1));
  config.rope_xy = true;
  EXPECT_THAT(RotaryCoordinates(config), ElementsAre(0, 0, 1, 0, 0, 1, 1, 1));
}

TEST(Rotary, AxialCoordinatesAreMovedThenScaled) {
  auto config = FourPatches(Rope::kAxial);
  config.rope_grid_offset = 1;
  EXPECT_THAT(RotaryCoordinates(config), ElementsAre(1, 1, 1, 2, 2, 1, 2, 2));
  config.rope_ref_grid = 3;
  EXPECT_THAT(RotaryCoordinates(config),
              ElementsAre(1.5, 1.5, 1.5, 3, 3, 1.5, 3, 3));
}

TEST(Rotary, Dinov3sCoordinatesAreCentresBetweenMinusOneAndOne) {
  EXPECT_THAT(RotaryCoordinates(FourPatches(Rope::kDinov3)),
              ElementsAre(-0.5, -0.5, -0.5, 0.5, 0.5, -0.5, 0.5, 0.5));
}

TEST(Rotary, AnglesAreCoordinatesByFrequencies) {
  auto config = FourPatches(Rope::kAxial);
  config.rope_temperature = 100;
  const std::vector<double> axial = {0, 0,   0, 0, 0, 0,   1, 0.1,
                                     1, 0.1, 0, 0, 1, 0.1, 1, 0.1};
  EXPECT_THAT(RotaryAngles(config), Pointwise(DoubleNear(1e-12), axial));
  config.rope = Rope::kDinov3;
  const auto angles = RotaryAngles(config);
  ASSERT_EQ(angles.size(), axial.size());
  EXPECT_NEAR(angles[0], -std::numbers::pi, 1e-12);
  EXPECT_NEAR(angles[1], -std::numbers::pi / 10, 1e-12);
  EXPECT_NEAR(angles[6], std::numbers::pi, 1e-12);
}

}  // namespace
}  // namespace wsel::model
