#include "wsel/core/height_width.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "throws.h"

namespace wsel {
namespace {

using Json = nlohmann::ordered_json;

HeightWidth FromJson(const std::string& text) {
  return ReadHeightWidth(Json::parse(text), "img_size", ErrorKind::kConfig);
}

TEST(HeightWidth, OfASquareIsOneNumber) {
  EXPECT_EQ(ToText(224), "224");
  EXPECT_EQ(fmt::format("{} px", HeightWidth(224)), "224 px");
  EXPECT_EQ(Json(HeightWidth(224)).dump(), "224");
  EXPECT_EQ(HeightWidth(224, 224), 224);
}

TEST(HeightWidth, OfARectangleIsHeightThenWidth) {
  const HeightWidth size(192, 256);
  EXPECT_EQ(ToText(size), "192x256");
  EXPECT_EQ(fmt::format("{:>9}", size), "  192x256");
  EXPECT_EQ(Json(size).dump(), "[192,256]");
  EXPECT_EQ(size.Area(), 192 * 256);
  EXPECT_EQ(size.Shorter(), 192);
  EXPECT_EQ(size.Longer(), 256);
  EXPECT_NE(size, HeightWidth(256, 192));
}

TEST(HeightWidth, IsReadAsWritten) {
  for (const HeightWidth& size :
       {HeightWidth(224), HeightWidth(192, 256), HeightWidth(0)}) {
    EXPECT_EQ(ParseHeightWidth(ToText(size), "img_size"), size);
    EXPECT_EQ(FromJson(Json(size).dump()), size);
    EXPECT_EQ(FromJson(Json(ToText(size)).dump()), size);
  }
  EXPECT_EQ(FromJson("[224, 224]"), 224);
  // Whoever takes it says what is too small.
  EXPECT_EQ(ParseHeightWidth("-1", "img_size"), -1);
}

TEST(HeightWidth, AnythingElseIsAnError) {
  for (const char* text :
       {"", "x", "192x", "x256", "192x256x3", "192X256", "192 x 256", "1.5",
        "224px", "99999999999999999999", "192,256"}) {
    ExpectError([&] { ParseHeightWidth(text, "img_size"); }, ErrorKind::kUsage,
                {"img_size", text, "192x256"});
  }
  for (const char* json : {"[192, 256, 3]", "[]", "[192]", "[192, 256.5]",
                           "[192, \"256\"]", "[18446744073709551615, 1]"}) {
    ExpectError([&] { FromJson(json); }, ErrorKind::kConfig,
                {"img_size", "values", "[192, 256]"});
  }
  for (const char* json :
       {"1.0", "true", "null", "{}", "18446744073709551615", "\"wide\""}) {
    ExpectError([&] { FromJson(json); }, ErrorKind::kConfig,
                {"img_size", "expected", "[192, 256]"});
  }
}

}  // namespace
}  // namespace wsel
