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

TEST(DecodeImage, SaysWhichArraysAreNoImages) {
  const auto expect = [](const char* name, const char* part) {
    ExpectError([&] { DecodeImageFile(Array(name)); }, ErrorKind::kFormat,
                {std::string(name) + ".npy", part});
  };
  expect("four", "[2, 3, 4]; arrays are read as images of [height, width]");
  expect("planes", "[3, 2, 4]");
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
