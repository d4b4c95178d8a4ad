#include "wsel/onnx/metadata.h"

#include <gtest/gtest.h>

#include "pretrained/zero_checkpoint.h"
#include "wsel/pretrained/classes.h"

namespace wsel::onnx {
namespace {

using image::CropMode;
using pretrained::GivenFacts;
using Metadata = std::map<std::string, std::string>;

Metadata MetadataAt(int64_t img_size, const GivenFacts& given = {}) {
  const TempFolder folder;
  model::VitConfig config = pretrained::SmallVit();
  config.img_size = img_size;
  config.patch_size = 16;
  const auto checkpoint =
      pretrained::ZeroCheckpoint(folder, config, {{"wsel.mean", "[0,0.5,1]"}});
  return MetadataOf(checkpoint, FactsOf(checkpoint, given), "wsel export");
}

TEST(Metadata, SaysWhatIsAssumed) {
  const Metadata found = MetadataAt(224);
  EXPECT_EQ(found.at("img_size"), "224");
  EXPECT_EQ(found.at("mean"), "[0.0,0.5,1.0]");
  EXPECT_EQ(found.at("color"), "RGB");
  EXPECT_EQ(found.at("assumed"),
            R"(["std","crop_pct","crop_mode","interpolation"])");
  EXPECT_EQ(found.at("wsel.command"), "wsel export");
  GivenFacts given;
  given.std = {{0.5, 0.5, 0.5}};
  given.crop_pct = 0.9;
  given.crop_mode = CropMode::kCenter;
  given.interpolation = image::Interpolation::kBilinear;
  const Metadata stated = MetadataAt(224, given);
  EXPECT_EQ(stated.at("assumed"), "[]");
  EXPECT_EQ(stated.at("interpolation"), "bilinear");
}

// A reader of either key prepares the same images.
TEST(Metadata, HasTheGivenMeanUnderBothKeys) {
  EXPECT_EQ(MetadataAt(224).at("wsel.mean"), "[0.0,0.5,1.0]");
  EXPECT_FALSE(MetadataAt(224).contains("wsel.std"));  // assumed
  GivenFacts given;
  given.mean = {{0.25, 0.5, 0.75}};
  given.std = {{0.5, 0.5, 0.5}};
  const Metadata found = MetadataAt(224, given);
  EXPECT_EQ(found.at("mean"), "[0.25,0.5,0.75]");
  EXPECT_EQ(found.at("wsel.mean"), "[0.25,0.5,0.75]");
  EXPECT_EQ(found.at("wsel.std"), "[0.5,0.5,0.5]");
}

TEST(Metadata, SaysThatImagesHaveSeveralLabels) {
  EXPECT_FALSE(MetadataAt(224).contains("task"));
  EXPECT_FALSE(MetadataAt(224).contains("activation"));
  const TempFolder folder;
  const auto checkpoint = pretrained::ZeroCheckpoint(
      folder, pretrained::SmallVit(), {{"wsel.task", "multi-label"}});
  EXPECT_TRUE(IsMultiLabel(checkpoint));
  const Metadata found =
      MetadataOf(checkpoint, FactsOf(checkpoint, {}), "wsel export");
  EXPECT_EQ(found.at("task"), "multi-label");
  EXPECT_EQ(found.at("activation"), "sigmoid");
  EXPECT_EQ(found.at("wsel.task"), "multi-label");
}

// A program that reads it knows no "auto".
TEST(Metadata, HasTheCropThatCountsAtTheModelsSize) {
  const auto crop = [](int64_t img_size, CropMode mode) {
    GivenFacts given;
    given.crop_mode = mode;
    const Metadata found = MetadataAt(img_size, given);
    return found.at("crop_mode") + " " + found.at("crop_pct");
  };
  EXPECT_EQ(crop(32, CropMode::kAuto), "none 1.0");
  EXPECT_EQ(crop(224, CropMode::kAuto), "center 0.875");
  EXPECT_EQ(crop(384, CropMode::kAuto), "squash 1.0");
  EXPECT_EQ(crop(32, CropMode::kCenter), "center 0.875");
  EXPECT_EQ(crop(384, CropMode::kSquash), "squash 0.875");
}

TEST(Metadata, OfGreyImagesHaveOneMean) {
  const TempFolder folder;
  model::VitConfig config = pretrained::SmallVit();
  config.in_chans = 1;
  const auto checkpoint = pretrained::ZeroCheckpoint(
      folder, config, {{"wsel.mean", "[0.25,0.25,0.25]"}});
  const Metadata found =
      MetadataOf(checkpoint, FactsOf(checkpoint), "wsel export");
  EXPECT_EQ(found.at("mean"), "[0.25]");
  EXPECT_EQ(found.at("std"), "[0.226]");
  EXPECT_EQ(found.at("color"), "L");
  EXPECT_EQ(found.at("assumed"), R"(["std","crop_mode","interpolation"])");
}

}  // namespace
}  // namespace wsel::onnx
