// Every operation on hashed images of odd sizes, compared to Pillow.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "image/test_image.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"
#include "wsel/image/color.h"
#include "wsel/image/geometry.h"
#include "wsel/image/resample.h"

namespace wsel::image {
namespace {

using Json = nlohmann::ordered_json;
using Operation = std::function<Image(const Image&, const Json&)>;

constexpr Rgb kGrey = {128, 127, 126};

Interpolation InterpolationOf(const Json& name) {
  if (name == "nearest") return Interpolation::kNearest;
  if (name == "bilinear") return Interpolation::kBilinear;
  EXPECT_EQ(name, "bicubic");
  return Interpolation::kBicubic;
}

Image ResizeOf(const Image& image, const Json& a, PassOrder order) {
  const Box box = a.size() == 3 ? FullBox(image) : Box{a[3], a[4], a[5], a[6]};
  return Resize(image, box, a[1], a[2], InterpolationOf(a[0]), order);
}

Image TransformOf(const Image& image, const Json& a) {
  return Transform(image, a[1], a[2], {a[3], a[4], a[5], a[6], a[7], a[8]},
                   InterpolationOf(a[0]), kGrey);
}

Image CropOf(const Image& image, const Json& a) {
  return Crop(image, a[0], a[1], a[2], a[3], {a[4], a[5], a[6]});
}

Operation Unary(Image (*call)(const Image&)) {
  return [call](const Image& image, const Json&) { return call(image); };
}

Operation WithFactor(Image (*call)(const Image&, double)) {
  return
      [call](const Image& image, const Json& a) { return call(image, a[0]); };
}

const std::map<std::string, Operation>& Operations() {
  static const std::map<std::string, Operation> kOperations = {
      {"resize",
       [](const Image& image, const Json& a) {
         return ResizeOf(image, a, PassOrder::kPillow12);
       }},
      {"transform", TransformOf},
      {"rotate",
       [](const Image& image, const Json& a) {
         return Rotate(image, a[1], InterpolationOf(a[0]), kGrey);
       }},
      {"crop", CropOf},
      {"flip", Unary(FlipHorizontal)},
      {"autocontrast", Unary(AutoContrast)},
      {"equalize", Unary(Equalize)},
      {"invert", Unary(Invert)},
      {"grey", Unary(Grey)},
      {"posterize", [](const Image& image,
                       const Json& a) { return Posterize(image, a[0]); }},
      {"solarize", WithFactor(Solarize)},
      {"solarize_add", [](const Image& image,
                          const Json& a) { return SolarizeAdd(image, a[0]); }},
      {"color", WithFactor(Color)},
      {"contrast", WithFactor(Contrast)},
      {"brightness", WithFactor(Brightness)},
      {"sharpness", WithFactor(Sharpness)},
  };
  return kOperations;
}

Json RowsOf(const std::string& name) {
  const auto path =
      std::filesystem::path(WSEL_SOURCE_DIR) / "tests/golden/image" / name;
  return ParseJson(ReadText(path), path.string(), ErrorKind::kFormat)["rows"];
}

void ExpectEqual(const Image& result, const Json& row) {
  EXPECT_EQ(result.width(), row[5]) << row;
  EXPECT_EQ(result.height(), row[6]) << row;
  EXPECT_EQ(Digest(result), row[7]) << row;
}

TEST(Image, OperationsEqualPillow) {
  const Json rows = RowsOf("operations.json");
  ASSERT_GT(rows.size(), 1000U);
  for (const Json& row : rows) {
    const Image image = TestImage(row[0], row[1], row[2]);
    ExpectEqual(Operations().at(row[3])(image, row[4]), row);
  }
}

// Pillow 13 rounds a quarter of them otherwise than Pillow 12.
TEST(Image, ResizedImagesEqualEachVersionOfPillow) {
  for (const auto& [name, order] :
       {std::pair("resize-12.json", PassOrder::kPillow12),
        std::pair("resize-13.json", PassOrder::kPillow13)}) {
    SCOPED_TRACE(name);
    const Json rows = RowsOf(name);
    ASSERT_GT(rows.size(), 400U);
    for (const Json& row : rows) {
      const Image image = TestImage(row[0], row[1], row[2]);
      ExpectEqual(ResizeOf(image, row[4], order), row);
    }
  }
}

}  // namespace
}  // namespace wsel::image
