// Complete transforms with given draws, compared to torchvision and timm.

#include <gtest/gtest.h>

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "augment/golden.h"
#include "augment/op_names.h"
#include "image/test_image.h"
#include "throws.h"
#include "wsel/augment/image_transforms.h"
#include "wsel/core/height_width.h"
#include "wsel/core/sha256.h"

namespace wsel::augment {
namespace {

// An image for the output of a transform.
image::Image OutputOf(const HeightWidth& size) {
  return {static_cast<int>(size.width), static_cast<int>(size.height)};
}

// "img_size" of a row: a side, or height and width.
HeightWidth SizeIn(const Json& row) {
  return ReadHeightWidth(row, "img_size", ErrorKind::kFormat);
}

// A row has the sizes, the box, the flips (one, or also the vertical one), the
// operations, the interpolation and the digest of the result.
void ExpectTrainsAsTimm(const Json& rows, image::PassOrder order) {
  for (const Json& row : rows) {
    const TrainTransformOptions options{
        .img_size = SizeIn(row[2]),
        .interpolation = TrainInterpolationOf(row[6]),
        .pass_order = order};
    const Json& box = row[3];
    TrainDraws draws{.left = box[0],
                     .top = box[1],
                     .width = box[2],
                     .height = box[3],
                     .ops = {}};
    const Json& flips = row[4];
    draws.flip = flips.is_array() ? flips[0] : flips;
    draws.vflip = flips.is_array() && flips[1].get<bool>();
    for (const Json& op : row[5]) {
      const Op which = OpOf(op[0].get<std::string>());
      draws.ops.push_back({which, op[1], ArgumentOf(which, op[1], op[2])});
    }
    image::Image out = OutputOf(options.img_size);
    ApplyTrain(image::TestImage("plain", row[0], row[1]), options, draws,
               out.bytes());
    EXPECT_EQ(image::Digest(out), row[7]) << row;
  }
}

TEST(TrainTransform, EqualsTimm) {
  const Json rows = ReadGolden("transforms.json")["train"];
  ASSERT_GT(rows.size(), 100U);
  ExpectTrainsAsTimm(rows, TrainTransformOptions().pass_order);
}

TEST(EvalTransform, EqualsTorchvision) {
  const Json rows = ReadGolden("transforms.json")["eval"];
  ASSERT_GT(rows.size(), 100U);
  for (const Json& row : rows) {
    const EvalTransformOptions options{SizeIn(row[2]), row[3],
                                       InterpolationOf(row[4])};
    image::Image out = OutputOf(options.img_size);
    EvalTransform(image::TestImage("plain", row[0], row[1]), options,
                  out.bytes());
    EXPECT_EQ(image::Digest(out), row[5]) << row;
  }
}

// Of an image whose three channels are equal, as the golden files have those of
// mode L.
std::string GreyDigest(const image::Image& image) {
  std::vector<uint8_t> grey;
  for (size_t i = 0; i < image.bytes().size(); i += 3) {
    EXPECT_EQ(image.bytes()[i], image.bytes()[i + 1]);
    EXPECT_EQ(image.bytes()[i], image.bytes()[i + 2]);
    grey.push_back(image.bytes()[i]);
  }
  return Sha256Hex(std::as_bytes(std::span(grey))).substr(0, 16);
}

// Goldens by scripts/golden/in_chans.py.
TEST(TrainTransform, OfOneChannelEqualsPillowsModeL) {
  const Json golden = ReadGolden("grey.json");
  const auto fill = golden["fill"].get<uint8_t>();
  ASSERT_GT(golden["train"].size(), 80U);
  for (const Json& row : golden["train"]) {
    const TrainTransformOptions options{
        .img_size = SizeIn(row[2]),
        .interpolation = TrainInterpolationOf(row[6]),
        .pass_order = image::PassOrder::kPillow12,  // as the golden's
        .fill = {fill, fill, fill},
        .in_chans = 1};
    const Json& box = row[3];
    TrainDraws draws{box[0], box[1], box[2], box[3], row[4], {}};
    if (const Json& op = row[5]; !op.is_null()) {
      const Op which = OpOf(op[0].get<std::string>());
      draws.ops.push_back({which, op[1], ArgumentOf(which, op[1], op[2])});
    }
    image::Image out = OutputOf(options.img_size);
    ApplyTrain(image::TestImage("plain", row[0], row[1]), options, draws,
               out.bytes());
    EXPECT_EQ(GreyDigest(out), row[7]) << row;
  }
}

TEST(EvalTransform, OfOneChannelEqualsPillowsModeL) {
  const Json rows = ReadGolden("grey.json")["eval"];
  ASSERT_GE(rows.size(), 24U);
  for (const Json& row : rows) {
    const EvalTransformOptions options{
        .img_size = SizeIn(row[2]),
        .crop_pct = row[3],
        .interpolation = InterpolationOf(row[4]),
        .pass_order = image::PassOrder::kPillow12,  // as the golden's
        .in_chans = 1};
    image::Image out = OutputOf(options.img_size);
    EvalTransform(image::TestImage("plain", row[0], row[1]), options,
                  out.bytes());
    EXPECT_EQ(GreyDigest(out), row[5]) << row;
  }
}

// Four channels: those of a test image, then the first of another one.
image::Image FourChannels(const image::Image& three, const image::Image& more) {
  auto four = image::Image::OfChannels(three.width(), three.height(), 4);
  for (size_t i = 0; i < four.bytes().size(); ++i) {
    four.bytes()[i] =
        i % 4 < 3 ? three.bytes()[i / 4 * 3 + i % 4] : more.bytes()[i / 4 * 3];
  }
  return four;
}

TEST(Transforms, OfOtherChannelsComputeEachAsOfRgb) {
  const image::Image three = image::TestImage("plain", 61, 47);
  const image::Image more = image::TestImage("dim", 61, 47);
  const image::Image four = FourChannels(three, more);
  // The same of an RGB image and of four channels.
  const auto expect = [&](const auto& transform) {
    image::Image of_three(24, 40);
    image::Image of_more(24, 40);
    auto of_four = image::Image::OfChannels(24, 40, 4);
    transform(three, 3, of_three.bytes());
    transform(more, 3, of_more.bytes());
    transform(four, 4, of_four.bytes());
    EXPECT_EQ(of_four, FourChannels(of_three, of_more));
  };
  const HeightWidth size(40, 24);
  expect([&](const image::Image& image, int in_chans, auto out) {
    EvalTransform(image, {.img_size = size, .in_chans = in_chans}, out);
  });
  for (int64_t epoch = 0; epoch < 8; ++epoch) {
    expect([&](const image::Image& image, int in_chans, auto out) {
      TrainTransformOptions options;
      options.img_size = size;
      options.vflip = 0.5;
      options.rand_augment = "";
      options.in_chans = in_chans;
      TrainTransform(image, options, {1, epoch, 0}, out);
    });
  }
}

TEST(Transforms, NeedImagesOfTheModelsChannels) {
  const auto four = image::Image::OfChannels(50, 50, 4);
  std::vector<uint8_t> out(size_t{32} * 32 * 5);
  const EvalTransformOptions five{.img_size = 32, .in_chans = 5};
  ExpectError([&] { EvalTransform(four, five, out); }, ErrorKind::kFormat,
              {"4 channels", "images of 5", "in_chans"});
  out.resize(size_t{32} * 32 * 3);
  ExpectError([&] { EvalTransform(four, {.img_size = 32}, out); },
              ErrorKind::kFormat, {"4 channels", "images of 3"});
  // Operations on colours, had they not been rejected before.
  out.resize(size_t{32} * 32 * 4);
  TrainTransformOptions options;
  options.img_size = 32;
  options.in_chans = 4;
  ExpectError([&] { Validate(options); }, ErrorKind::kConfig,
              {"augment.rand_augment", "4 channels"});
  const TrainDraws draws{.width = 50, .height = 50, .ops = {DrawnOp{}}};
  ExpectError([&] { ApplyTrain(four, options, draws, out); },
              ErrorKind::kConfig, {"augment.rand_augment", "4 channels"});
}

// Rows of size, img_size, crop_pct, crop_mode, interpolation and digest.
void ExpectEvaluatesAsTimm(const Json& rows) {
  for (const Json& row : rows) {
    const EvalTransformOptions options{
        .img_size = SizeIn(row[2]),
        .crop_pct = row[3],
        .interpolation = InterpolationOf(row[5]),
        .pass_order = image::PassOrder::kPillow12,  // as the golden's
        .crop_mode =
            image::CropModes().Find(row[4].get<std::string>(), "crop_mode")};
    image::Image out = OutputOf(options.img_size);
    EvalTransform(image::TestImage("plain", row[0], row[1]), options,
                  out.bytes());
    EXPECT_EQ(image::Digest(out), row[6]) << row;
  }
}

TEST(EvalTransform, EqualsTimmsCropModes) {
  const Json rows = ReadGolden("crop_modes.json")["rows"];
  ASSERT_GE(rows.size(), 100U);
  ExpectEvaluatesAsTimm(rows);
}

TEST(EvalTransform, OfRectanglesEqualsTimm) {
  const Json rows = ReadGolden("rectangles.json")["eval"];
  ASSERT_GE(rows.size(), 290U);
  ExpectEvaluatesAsTimm(rows);
}

TEST(TrainTransform, OfRectanglesEqualsTimm) {
  const Json rows = ReadGolden("rectangles.json")["train"];
  ASSERT_GE(rows.size(), 60U);
  ExpectTrainsAsTimm(rows, image::PassOrder::kPillow12);  // as the golden's
}

TEST(TrainTransform, APaddedCropNeedsBothSides) {
  const TrainTransformOptions options{.img_size = {24, 32}};
  const auto draws = DrawTrain(options, 30, 20, {1, 2, 3});
  EXPECT_EQ(draws.width, 32);
  EXPECT_EQ(draws.height, 24);
  ExpectError(
      [&] {
        DrawTrain(options, 20, 30, {1, 2, 3});
      },
      ErrorKind::kConfig, {"20 x 30", "24x32"});
}

// A line of pixels must not be resized to gigabytes.
TEST(EvalTransform, ElongatedRectanglesTakeLittleMemory) {
  const EvalTransformOptions options{.img_size = {64, 96}};
  image::Image out = OutputOf(options.img_size);
  EvalTransform(image::Image(2, 8000, {9, 8, 7}), options, out.bytes());
  EXPECT_EQ(out, image::Image(96, 64, {9, 8, 7}));
  for (const auto& line : {image::Image(1, 9'000'000), image::Image(0, 0)}) {
    ExpectError([&] { EvalTransform(line, options, out.bytes()); },
                ErrorKind::kFormat, {"cannot be resized to cover 109 x 73"});
  }
}

// A line of pixels must not be resized to gigabytes.
TEST(EvalTransform, ElongatedImagesTakeLittleMemory) {
  image::Image out = OutputOf(224);
  EvalTransform(image::Image(2, 8000, {9, 8, 7}), {}, out.bytes());
  EXPECT_EQ(out, image::Image(224, 224, {9, 8, 7}));
  EvalTransform(image::Image(8000, 2, {9, 8, 7}), {}, out.bytes());
  EXPECT_EQ(out, image::Image(224, 224, {9, 8, 7}));
  for (const auto& line : {image::Image(1, 9'000'000), image::Image(0, 0)}) {
    ExpectError([&] { EvalTransform(line, {}, out.bytes()); },
                ErrorKind::kFormat, {"cannot be resized to 256"});
  }
}

TEST(TrainTransform, DependsOnlyOnTheAddress) {
  const TrainTransformOptions options{.img_size = 64};
  const auto image = image::TestImage("plain", 61, 47);
  const auto transform = [&](const SampleAddress& address) {
    image::Image out(64, 64);
    TrainTransform(image, options, address, out.bytes());
    return out;
  };
  const auto first = transform({1, 2, 3});
  const auto other = transform({1, 3, 2});
  EXPECT_NE(first, other);
  EXPECT_NE(first, transform({2, 2, 3}));
  EXPECT_NE(first, transform({1, 2, 4}));
  EXPECT_NE(first, transform({1, 3, 3}));
  EXPECT_EQ(first, transform({1, 2, 3}));
}

// Changing one part of the transform does not change the draws of the others.
TEST(TrainTransform, PartsHaveIndependentStreams) {
  TrainTransformOptions options;
  const SampleAddress address{1, 0, 5};
  const auto whole = DrawTrain(options, 500, 375, address);
  options.rand_augment = "";
  options.hflip = 0;
  const auto plain = DrawTrain(options, 500, 375, address);
  EXPECT_EQ(whole.left, plain.left);
  EXPECT_EQ(whole.width, plain.width);
  EXPECT_TRUE(plain.ops.empty());
  EXPECT_FALSE(plain.flip);
}

// As in timm: the crop and each operation draw bilinear or bicubic, half each.
TEST(TrainTransform, DrawsRandomInterpolations) {
  TrainTransformOptions options{.img_size = 64};
  options.interpolation = TrainInterpolation::kRandom;
  options.rand_augment = "rand-m9-n2-p1";
  constexpr int kImages = 2000;
  std::array<int, 3> bicubic = {};
  for (int64_t i = 0; i < kImages; ++i) {
    const auto draws = DrawTrain(options, 500, 375, {7, 0, i});
    ASSERT_EQ(draws.interpolations.size(), 3U);
    for (size_t k = 0; k < 3; ++k) {
      ASSERT_NE(draws.interpolations[k], image::Interpolation::kNearest);
      bicubic[k] += draws.interpolations[k] == image::Interpolation::kBicubic;
    }
  }
  // Five standard deviations.
  for (const int count : bicubic) EXPECT_NEAR(count, kImages / 2.0, 112);
}

// The crop's interpolation is the first, the rotation's the second.
TEST(TrainTransform, AppliesEachDrawnInterpolation) {
  using enum image::Interpolation;
  const auto apply = [](const TrainTransformOptions& options,
                        const TrainDraws& draws, const image::Image& image) {
    image::Image out = OutputOf(options.img_size);
    ApplyTrain(image, options, draws, out.bytes());
    return out;
  };
  const image::Image plain = image::TestImage("plain", 150, 101);
  TrainTransformOptions random{.img_size = 64};
  random.interpolation = TrainInterpolation::kRandom;
  TrainTransformOptions bilinear{.img_size = 64};
  bilinear.interpolation = TrainInterpolation::kBilinear;
  const TrainTransformOptions bicubic{.img_size = 64};
  TrainDraws crop{.width = 150, .height = 101, .ops = {}};
  TrainDraws whole{.width = 64, .height = 64, .ops = {}};
  whole.ops.push_back({Op::kRotate, 9, ArgumentOf(Op::kRotate, 9, false)});

  crop.interpolations = {kBilinear};
  EXPECT_EQ(image::Digest(apply(random, crop, plain)),
            image::Digest(apply(bilinear, crop, plain)));
  crop.interpolations = {kBicubic};
  EXPECT_EQ(image::Digest(apply(random, crop, plain)),
            image::Digest(apply(bicubic, crop, plain)));
  // A crop of the size needs no interpolation, the rotation does.
  whole.interpolations = {kBicubic, kBilinear};
  EXPECT_EQ(image::Digest(apply(random, whole, plain)),
            image::Digest(apply(bilinear, whole, plain)));
  EXPECT_NE(image::Digest(apply(random, whole, plain)),
            image::Digest(apply(bicubic, whole, plain)));
}

// Nothing is drawn, and evaluation crops are bilinear as timm's.
TEST(TrainTransform, EvaluationCropsHaveNoRandomInterpolation) {
  TrainTransformOptions random{.img_size = 64, .crop = TrainCrop::kEvaluation};
  random.rand_augment = "";
  random.hflip = 0;
  TrainTransformOptions bilinear = random;
  random.interpolation = TrainInterpolation::kRandom;
  bilinear.interpolation = TrainInterpolation::kBilinear;
  const image::Image plain = image::TestImage("plain", 150, 101);
  image::Image first = OutputOf(64);
  image::Image second = OutputOf(64);
  TrainTransform(plain, random, {1, 0, 5}, first.bytes());
  TrainTransform(plain, bilinear, {1, 0, 5}, second.bytes());
  EXPECT_EQ(image::Digest(first), image::Digest(second));
}

TEST(TrainTransform, CropsLieWithinTheImage) {
  const TrainTransformOptions options;
  for (const auto& [width, height] :
       {std::pair(1, 1), {1, 300}, {2000, 3}, {5, 4}, {500, 375}}) {
    for (int64_t i = 0; i < 200; ++i) {
      const auto draws = DrawTrain(options, width, height, {7, 0, i});
      EXPECT_GE(draws.left, 0);
      EXPECT_GE(draws.top, 0);
      EXPECT_GE(draws.width, 1);
      EXPECT_GE(draws.height, 1);
      EXPECT_LE(draws.left + draws.width, width);
      EXPECT_LE(draws.top + draws.height, height);
    }
  }
}

TEST(Transforms, NeedOnlyTheirWindow) {
  for (const auto& [width, height] :
       {std::pair(150, 101), {90, 300}, {64, 64}, {20, 30}}) {
    const image::Image image = image::TestImage("plain", width, height);
    for (const auto crop :
         {TrainCrop::kAuto, TrainCrop::kPadded, TrainCrop::kEvaluation}) {
      TrainTransformOptions options{.img_size = 64};
      options.crop = crop;
      options.padding = 40;
      for (int64_t i = 0; i < 20; ++i) {
        const SampleAddress address{3, 1, i};
        image::Image expected = OutputOf(64);
        image::Image found = OutputOf(64);
        TrainTransform(image, options, address, expected.bytes());
        TrainTransform(
            image::OnlyWindow(image,
                              NeededForTrain(options, image.size(), address)),
            options, address, found.bytes());
        EXPECT_EQ(found, expected) << width << " " << height << " " << i;
      }
    }
    for (const auto mode : {image::CropMode::kAuto, image::CropMode::kCenter,
                            image::CropMode::kSquash}) {
      const EvalTransformOptions options{.img_size = 64, .crop_mode = mode};
      image::Image expected = OutputOf(64);
      image::Image found = OutputOf(64);
      EvalTransform(image, options, expected.bytes());
      EvalTransform(
          image::OnlyWindow(image, NeededForEval(options, image.size())),
          options, found.bytes());
      EXPECT_EQ(found, expected) << width << " " << height;
    }
  }
}

// About half of an image, by the areas that are drawn.
TEST(TrainTransform, NeedsTheCropThatIsDrawn) {
  const TrainTransformOptions options;
  for (int64_t i = 0; i < 20; ++i) {
    const SampleAddress address{7, 2, i};
    const TrainDraws draws = DrawTrain(options, 500, 375, address);
    const image::Window window = NeededForTrain(options, {500, 375}, address);
    EXPECT_EQ(window.left, draws.left);
    EXPECT_EQ(window.top, draws.top);
    EXPECT_EQ(window.width, draws.width);
    EXPECT_EQ(window.height, draws.height);
  }
}

TEST(TrainTransform, RejectsImagesTooSmallAfterPadding) {
  const TrainTransformOptions options{.img_size = 32};
  EXPECT_EQ(DrawTrain(options, 24, 24, {}).left, -4);
  ExpectError([&] { DrawTrain(options, 23, 60, {}); }, ErrorKind::kConfig,
              {"23 x 60", "padded by 4", "smaller than 32"});
}

TEST(Transforms, OptionsAreChecked) {
  const auto expect_error = [](const TrainTransformOptions& options,
                               const char* message) {
    ExpectError([&] { Validate(options, "data"); }, ErrorKind::kConfig,
                {message});
  };
  Validate(TrainTransformOptions());
  Validate(TrainTransformOptions{.rand_augment = ""});
  expect_error({.img_size = 0}, "data.img_size: 0 is not in 1 ... 4096");
  expect_error({.scale = {0.5, 0.4}}, "data.scale[0]");
  expect_error({.scale = {0.5, 1.5}}, "data.scale[1]");
  expect_error({.ratio = {0, 1}}, "data.ratio[0]");
  expect_error({.ratio = {1, std::nan("")}}, "data.ratio[1]");
  expect_error({.padding = -1}, "data.padding");
  expect_error({.hflip = 2}, "data.hflip");
  expect_error({.rand_augment = "rand-x"}, "data.rand_augment");
  Validate(EvalTransformOptions());
  ExpectError([] { Validate(EvalTransformOptions{.crop_pct = 0}); },
              ErrorKind::kConfig, {"augment.crop_pct"});
  image::Image out(8, 8);
  ExpectError([&] { EvalTransform(out, {}, out.bytes()); }, ErrorKind::kConfig,
              {"192 bytes, expected 224 x 224 x 3"});
  ExpectError([&] { TrainTransform(out, {}, {}, out.bytes()); },
              ErrorKind::kConfig, {"192 bytes"});
}

}  // namespace
}  // namespace wsel::augment
