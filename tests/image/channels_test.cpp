// Images of other channels than RGB and grey. Goldens by
// scripts/golden/channels.py, with tifffile.

#include "wsel/image/channels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "image/test_image.h"
#include "throws.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"
#include "wsel/image/decode.h"
#include "wsel/image/geometry.h"
#include "wsel/image/resample.h"

namespace wsel::image {
namespace {

std::filesystem::path ChannelsFolder() {
  return std::filesystem::path(WSEL_SOURCE_DIR) / "tests/golden/image";
}

std::string TiffText(const std::string& name) {
  return ReadText(ChannelsFolder() / "channels" / name);
}

Decoded DecodeChannels(const std::string& text, int in_chans,
                       const DecodeLimits& limits = {}) {
  return Decode(std::as_bytes(std::span(text)), "x.tif", limits, nullptr,
                in_chans);
}

TEST(Channels, OfTiffsAreTifffiles) {
  const auto path = ChannelsFolder() / "channels.json";
  const auto rows =
      ParseJson(ReadText(path), path.string(), ErrorKind::kFormat)["rows"];
  ASSERT_GE(rows.size(), 13U);
  for (const auto& row : rows) {
    const auto name = row[0].get<std::string>();
    const Decoded decoded = DecodeChannels(TiffText(name), row[1]);
    EXPECT_EQ(decoded.image.channels(), row[1]) << row;
    EXPECT_EQ(decoded.image.width(), row[2]) << row;
    EXPECT_EQ(decoded.image.height(), row[3]) << row;
    EXPECT_EQ(Digest(decoded.image), row[4]) << row;
    EXPECT_EQ(decoded.narrowed == Narrowed::kUpperByte,
              name.find("16") != name.npos)
        << row;
  }
}

// For a model of RGB images, what is beside the colours is left out.
TEST(Channels, BesideColoursAreLeftOutOfRgb) {
  for (const char* name : {"rgba.tif", "rgb-and-1.tif"}) {
    const Image four = DecodeChannels(TiffText(name), 4).image;
    const Image rgb = DecodeChannels(TiffText(name), 3).image;
    ASSERT_EQ(rgb.channels(), 3);
    for (int c = 0; c < 3; ++c) {
      EXPECT_EQ(rgb.Row(2)[3 + c], four.Row(2)[4 + c]);
    }
  }
}

TEST(Channels, OfAnotherNumberAreAnError) {
  const auto expect = [](const char* name, int in_chans,
                         const std::vector<std::string>& parts) {
    ExpectError([&] { DecodeChannels(TiffText(name), in_chans); },
                ErrorKind::kFormat, parts);
  };
  expect("5-16.tif", 3, {"x.tif", "has 5 channels", "images of 3", "in_chans"});
  expect("5-16.tif", 1, {"has 5 channels", "images of 1"});
  expect("5-16.tif", 4, {"has 5 channels", "images of 4", "`in_chans` 5"});
  expect("5-planes.tif", 6, {"has 5 channels", "images of 6"});
  expect("5-32.tif", 5, {"32 bits", "sample format 3"});
  const std::string jpeg = ReadText(ChannelsFolder() / "encoded" / "420.jpg");
  ExpectError([&] { DecodeChannels(jpeg, 5); }, ErrorKind::kFormat,
              {"x.tif", "3 channels (RGB)", "images of 5", "in_chans"});
}

// Claimed sizes are rejected before memory is allocated.
TEST(Channels, ThatAFileCannotHoldAreAnError) {
  const std::string small = TiffText("4-8.tif");
  constexpr size_t kWidth = 0x12;  // of the value in the directory
  std::string wide = small;
  wide.replace(kWidth, 4, {"\x10\x27\0\0", 4});  // 10000 x 5 x 4
  ExpectError([&] { DecodeChannels(wide, 4); }, ErrorKind::kFormat,
              {"10000 x 5 pixels of 4 channels", "too many samples"});
  constexpr size_t kSamples = 0x5a;
  std::string many = small;
  many.replace(kSamples, 2, {"\x00\x04", 2});  // 1024 channels
  ExpectError([&] { DecodeChannels(many, 1024); }, ErrorKind::kFormat,
              {"x.tif"});
  ExpectError([&] { DecodeChannels(small, 4, {.max_pixels = 40}); },
              ErrorKind::kFormat, {"too many samples"});
  for (size_t size = 4; size < small.size(); size += 3) {
    ExpectError([&] { DecodeChannels(small.substr(0, size), 4); },
                ErrorKind::kFormat, {"x.tif"});
  }
}

// Each channel is computed as that of an RGB image.
TEST(Channels, AreEachComputedAsThoseOfRgb) {
  const Image first = TestImage("plain", 13, 9);
  const Image second = TestImage("dim", 13, 9);
  const auto change = [](const Image& image) {
    return FlipHorizontal(
        Resize(image, FullBox(image), 7, 5, Interpolation::kBicubic));
  };
  for (const int channels : {2, 4, 5, 6}) {
    Image image = Image::OfChannels(13, 9, channels);
    for (int y = 0; y < 9; ++y) {
      for (int i = 0; i < 13 * channels; ++i) {
        const int c = i % channels;
        const Image& from = c < 3 ? first : second;
        image.Row(y)[i] = from.Row(y)[i / channels * 3 + c % 3];
      }
    }
    const Image changed = MapChannels(image, change);
    ASSERT_EQ(changed.channels(), channels);
    ASSERT_EQ(changed.width(), 7);
    const Image of_first = change(first);
    const Image of_second = change(second);
    for (int y = 0; y < 5; ++y) {
      for (int i = 0; i < 7 * channels; ++i) {
        const int c = i % channels;
        const Image& expected = c < 3 ? of_first : of_second;
        EXPECT_EQ(changed.Row(y)[i], expected.Row(y)[i / channels * 3 + c % 3]);
      }
    }
  }
}

}  // namespace
}  // namespace wsel::image
