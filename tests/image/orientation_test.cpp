// Goldens by scripts/golden/orientation.py.
#include "wsel/image/orientation.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "read_all.h"
#include "throws.h"
#include "wsel/image/decode.h"

namespace wsel::image {
namespace {

std::filesystem::path Folder() {
  return std::filesystem::path(WSEL_SOURCE_DIR) /
         "tests/golden/image/orientation";
}

std::span<const std::byte> BytesOf(const std::string& text) {
  return std::as_bytes(std::span(text));
}

TEST(Orientation, IsPillows) {
  const auto golden =
      nlohmann::json::parse(ReadAll(Folder() / "orientation.json"));
  for (const auto& entry : golden.at("files")) {
    const auto name = entry.at("file").get<std::string>();
    SCOPED_TRACE(name);
    const std::string file = ReadAll(Folder() / name);
    const int orientation = ExifOrientation(BytesOf(file));
    EXPECT_EQ(orientation, entry.at("orientation"));
    const Image image = Upright(Decode(BytesOf(file), name).image, orientation);
    EXPECT_EQ(image.width(), entry.at("width"));
    EXPECT_EQ(image.height(), entry.at("height"));
    if (!entry.contains("pixels")) continue;
    const auto bytes = image.bytes();
    EXPECT_EQ(std::vector<uint8_t>(bytes.begin(), bytes.end()),
              entry.at("pixels").get<std::vector<uint8_t>>());
  }
}

// Cut anywhere, and with any byte changed, it is read within its bounds.
TEST(Orientation, OfCorruptFilesIsWithinBounds) {
  for (const char* name : {"6.png", "6.webp", "8.jpg"}) {
    const std::string file = ReadAll(Folder() / name);
    for (size_t size = 0; size < file.size(); ++size) {
      const std::string cut = file.substr(0, size);
      const int orientation = ExifOrientation(BytesOf(cut));
      EXPECT_TRUE(orientation >= 1 && orientation <= 8);
    }
    for (size_t at = 0; at < file.size(); ++at) {
      std::string changed = file;
      changed[at] = '\xff';
      const int orientation = ExifOrientation(BytesOf(changed));
      EXPECT_TRUE(orientation >= 1 && orientation <= 8);
    }
  }
}

TEST(Orientation, IsUprightWithoutExif) {
  for (const char* text : {"", "GIF89a", "\xFF\xD8\xFF", "RIFF", "text"}) {
    EXPECT_EQ(ExifOrientation(BytesOf(text)), 1);
  }
  ExpectError([] { Upright(Image(1, 1), 9); }, ErrorKind::kConfig,
              {"orientation", "9"});
}

}  // namespace
}  // namespace wsel::image
