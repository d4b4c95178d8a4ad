#include "wsel/data/decode_image.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "throws.h"
#include "wsel/core/mapped_file.h"

namespace wsel::data {
namespace {

// Goldens by scripts/golden/in_chans.py, written by NumPy.
std::filesystem::path Array(const std::string& name) {
  return std::filesystem::path(WSEL_SOURCE_DIR) / "tests/golden/data/arrays" /
         (name + ".npy");
}

std::vector<uint8_t> PixelsOf(const std::string& name) {
  const image::Image image = DecodeImageFile(Array(name)).image;
  EXPECT_EQ(image.width(), 3) << name;
  EXPECT_EQ(image.height(), 2) << name;
  return {image.bytes().begin(), image.bytes().end()};
}

TEST(DecodeImage, ReadsNumpysArraysOfBytes) {
  std::vector<uint8_t> grey;
  std::vector<uint8_t> rgb;
  for (uint8_t i = 0; i < 18; ++i) {
    grey.push_back(i / 3);
    rgb.push_back(i);
  }
  EXPECT_EQ(PixelsOf("grey"), grey);
  EXPECT_EQ(PixelsOf("one"), grey);
  EXPECT_EQ(PixelsOf("rgb"), rgb);
  EXPECT_EQ(PixelsOf("fortran"), rgb);
}

// By scripts/golden/channels.py: element i is i, and of 16 bits 256 i + 255.
TEST(DecodeImage, KeepsTheUpperBytesOfArraysOf16Bits) {
  std::vector<uint8_t> rgb;
  std::vector<uint8_t> grey;
  for (uint8_t i = 0; i < 18; ++i) {
    rgb.push_back(i);
    grey.push_back(i / 3 * 3);
  }
  EXPECT_EQ(PixelsOf("rgb16"), rgb);
  EXPECT_EQ(PixelsOf("grey16"), grey);
  EXPECT_EQ(DecodeImageFile(Array("rgb16")).narrowed,
            image::Narrowed::kUpperByte);
  EXPECT_EQ(DecodeImageFile(Array("rgb")).narrowed, image::Narrowed::kNo);
}

TEST(DecodeImage, ReadsArraysOfTheModelsChannels) {
  for (const char* name : {"five", "five_first", "five_fortran"}) {
    const image::Image image = DecodeImageFile(Array(name), nullptr, 5).image;
    EXPECT_EQ(image.channels(), 5) << name;
    EXPECT_EQ(image.width(), 3) << name;
    EXPECT_EQ(image.height(), 2) << name;
    for (uint8_t i = 0; i < 30; ++i) EXPECT_EQ(image.bytes()[i], i) << name;
  }
  // Where both ends could be channels, they are last.
  const image::Image both = DecodeImageFile(Array("both"), nullptr, 5).image;
  EXPECT_EQ(both.height(), 5);
  EXPECT_EQ(both.width(), 3);
  // Of RGB ones, too.
  const image::Image planes = DecodeImageFile(Array("planes")).image;
  EXPECT_EQ(planes.height(), 2);
  EXPECT_EQ(planes.width(), 4);
  EXPECT_EQ(planes.channels(), 3);
}

TEST(DecodeImage, SaysWhichChannelsAnArrayLacks) {
  const auto expect = [](const char* name, int in_chans, const char* part) {
    ExpectError([&] { DecodeImageFile(Array(name), nullptr, in_chans); },
                ErrorKind::kFormat,
                {std::string(name) + ".npy", "in_chans", part});
  };
  expect("five", 4, "[2, 3, 5], and the model takes images of 4 channels");
  expect("five", 3, "[2, 3, 5], and the model takes images of 3 channels");
  expect("rgb", 5, "[height, width, 5] or [5, height, width]");
  expect("grey", 2, "[2, 3], and the model takes images of 2 channels");
}

TEST(DecodeImage, SaysWhichArraysAreNoImages) {
  const auto expect = [](const char* name, const char* part) {
    ExpectError([&] { DecodeImageFile(Array(name)); }, ErrorKind::kFormat,
                {std::string(name) + ".npy", part});
  };
  expect("four", "[2, 3, 4]");
  expect("four", "arrays are read as images of [height, width]");
  expect("float", "holds float32");
  expect("empty", "has no pixels");
}

TEST(DecodeImage, ReadsNoMoreThanTheFileHas) {
  const MappedFile file(Array("rgb"));
  for (size_t size = 6; size < file.bytes().size(); ++size) {
    ExpectError([&] { DecodeImage(file.bytes().first(size), "cut.npy"); },
                ErrorKind::kFormat, {"cut.npy"});
  }
  ExpectError([&] { DecodeImage(file.bytes(), "a.npy", {.max_pixels = 5}); },
              ErrorKind::kFormat, {"3 x 2 pixels", "the limit is 5"});
}

}  // namespace
}  // namespace wsel::data
