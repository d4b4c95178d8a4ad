// Small files of every kind and unusual real files, compared to Pillow.

#include "wsel/image/decode.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "image/test_image.h"
#include "shared_data.h"
#include "temp_folder.h"
#include "throws.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"
#include "wsel/image/geometry.h"

namespace wsel::image {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using namespace std::string_literals;

const fs::path& GoldenFolder() {
  static const fs::path kFolder =
      fs::path(WSEL_SOURCE_DIR) / "tests/golden/image";
  return kFolder;
}

Json ReadGolden(const char* name) {
  const fs::path path = GoldenFolder() / name;
  return ParseJson(ReadText(path), path.string(), ErrorKind::kFormat)["rows"];
}

Decoded DecodeText(const std::string& text, const DecodeLimits& limits = {}) {
  return Decode(std::as_bytes(std::span(text)), "x", limits);
}

// The result as in the golden files; errors must be kFormat and name the file.
Json Read(const fs::path& path, Decoded& decoded) {
  try {
    decoded = DecodeFile(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFormat) << error.what();
    EXPECT_EQ(error.where(), path.string());
    return {"refused"};
  }
  return {decoded.image.width(), decoded.image.height(), Digest(decoded.image)};
}

// A row holds what Pillow reads, and what it reads with LOAD_TRUNCATED_IMAGES.
// Decode differs from the former in one case: a JPEG that lacks only its end
// marker is read, with a flag.
void CompareToPillow(const fs::path& folder, const Json& row) {
  const std::string name = row[0];
  Decoded decoded;
  const Json read = Read(folder / name, decoded);
  if (decoded.no_end && name.ends_with(".jpg")) {
    EXPECT_EQ(row[1], Json({"refused"})) << name;
    EXPECT_EQ(read, row[2]) << name;
  } else {
    EXPECT_EQ(read, row[1]) << name;
  }
}

TEST(Decode, SmallFilesEqualPillow) {
  const Json rows = ReadGolden("encoded.json");
  ASSERT_GT(rows.size(), 70U);
  for (const Json& row : rows) CompareToPillow(GoldenFolder() / "encoded", row);
}

Decoded DecodeGolden(const std::string& name) {
  return DecodeFile(GoldenFolder() / "encoded" / name);
}

TEST(Decode, Flags) {
  std::set<std::string> trailing;
  std::set<std::string> no_end;
  std::set<std::string> damaged;
  for (const Json& row : ReadGolden("encoded.json")) {
    Decoded decoded;
    Read(GoldenFolder() / "encoded" / row[0].get<std::string>(), decoded);
    if (decoded.trailing_bytes) trailing.insert(row[0]);
    if (decoded.no_end) no_end.insert(row[0]);
    if (decoded.damaged) damaged.insert(row[0]);
    EXPECT_EQ(decoded.intact(),
              !decoded.trailing_bytes && !decoded.no_end && !decoded.damaged);
  }
  using Names = std::set<std::string>;
  EXPECT_EQ(trailing, Names({"trailing.jpg", "trailing.png", "trailing.webp"}));
  EXPECT_EQ(no_end,
            Names({"no-end.jpg", "no-end.png", "progressive-no-end.jpg"}));
  EXPECT_EQ(damaged, Names({"cut-with-end.jpg", "rows-missing.png"}));
}

TEST(Decode, MissingEndAndTrailingBytesDoNotChangePixels) {
  for (const std::string kind : {".png", ".jpg"}) {
    const Image whole = DecodeGolden("trailing" + kind).image;
    EXPECT_EQ(DecodeGolden("no-end" + kind).image, whole) << kind;
  }
  EXPECT_EQ(DecodeGolden("progressive-no-end.jpg").image,
            DecodeGolden("progressive.jpg").image);
}

TEST(Decode, UnusualFilesEqualPillow) {
  const fs::path archive = SharedData() / "real-images.tar";
  if (!fs::exists(archive)) {
    GTEST_SKIP() << archive << " is missing; set WSEL_SHARED_DATA";
  }
  const TempFolder folder;
  const std::string command = "tar -xf '" + archive.string() + "' -C '" +
                              folder.path().string() + "' odd-images";
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  const Json rows = ReadGolden("odd.json");
  EXPECT_EQ(rows.size(), 68U);
  for (const Json& row : rows) CompareToPillow(folder / "odd-images", row);
}

// The JPEGs of part_jpegs.py.
std::vector<fs::path> PartFiles() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(GoldenFolder() / "parts")) {
    files.push_back(entry.path());
  }
  return files;
}

Decoded DecodeWindow(const std::string& text, const Window& window) {
  return Decode(std::as_bytes(std::span(text)), "x", {},
                [window](Size) { return window; });
}

Image CropTo(const Image& image, const Window& window) {
  return Crop(image, window.left, window.top, window.width, window.height);
}

// A window of an image, from four numbers of [-0.5, 0.5).
Window WindowOf(Size size, const float* random) {
  const auto below = [](float value, int count) {
    return std::min(count - 1, static_cast<int>((value + 0.5F) *
                                                static_cast<float>(count)));
  };
  const int left = below(random[0], size.width);
  const int top = below(random[1], size.height);
  return {left, top, 1 + below(random[2], size.width - left),
          1 + below(random[3], size.height - top)};
}

TEST(Decode, WindowsOfJpegsHaveTheSamePixels) {
  constexpr size_t kWindows = 200;
  ASSERT_EQ(PartFiles().size(), 7U);
  for (const fs::path& file : PartFiles()) {
    SCOPED_TRACE(file.filename());
    const std::string text = ReadText(file);
    const Image whole = DecodeText(text).image;
    ASSERT_EQ(whole.width(), 150);
    ASSERT_EQ(whole.height(), 101);
    const auto random = Hashed(file.filename().string(), 4 * kWindows);
    for (size_t i = 0; i < kWindows; ++i) {
      const Window window = WindowOf(whole.size(), &random[4 * i]);
      const Decoded part = DecodeWindow(text, window);
      EXPECT_TRUE(part.intact());
      ASSERT_EQ(part.image.width(), whole.width());
      ASSERT_EQ(part.image.height(), whole.height());
      EXPECT_EQ(CropTo(part.image, window), CropTo(whole, window))
          << window.left << " " << window.top << " " << window.width << " "
          << window.height;
    }
  }
}

// Decoding a window saves time: the rest is black.
TEST(Decode, OnlyAWindowIsComputed) {
  if (!DecodesWindows()) GTEST_SKIP() << "not with this libjpeg";
  const std::string text = ReadText(GoldenFolder() / "parts/420.jpg");
  const Decoded part = DecodeWindow(text, {60, 40, 20, 10});
  EXPECT_EQ(CropTo(part.image, {0, 0, 150, 40}), Image(150, 40));
  EXPECT_EQ(CropTo(part.image, {0, 50, 150, 51}), Image(150, 51));
  EXPECT_EQ(CropTo(part.image, {0, 0, 40, 101}), Image(40, 101));
}

TEST(Decode, WindowsOutsideTheImageStandForAll) {
  const std::string text = ReadText(GoldenFolder() / "parts/420.jpg");
  const Image whole = DecodeText(text).image;
  for (const Window& window :
       {Window{0, 0, 151, 101}, Window{-1, 0, 5, 5}, Window{140, 0, 11, 5},
        Window{0, 101, 5, 1}, Window{5, 5, 0, 3}, Window{}}) {
    EXPECT_EQ(DecodeWindow(text, window).image, whole);
  }
}

// What a file is found to be: flags, or the error.
std::string Verdict(const std::function<Decoded()>& decode) {
  try {
    const Decoded d = decode();
    return fmt::format("{} {} {}", d.trailing_bytes, d.no_end, d.damaged);
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(Decode, ErrorsDoNotDependOnTheWindow) {
  for (const fs::path& file : PartFiles()) {
    SCOPED_TRACE(file.filename());
    const std::string text = ReadText(file);
    const size_t step = 1 + text.size() / 60;
    for (size_t size = 0; size < text.size(); size += step) {
      const std::string cut(text.data(), size);
      const std::string whole = Verdict([&] { return DecodeText(cut); });
      for (const Window& window : {Window{0, 0, 10, 10}, Window{60, 40, 20, 20},
                                   Window{130, 90, 20, 11}}) {
        EXPECT_EQ(Verdict([&] { return DecodeWindow(cut, window); }), whole)
            << size;
      }
    }
  }
}

TEST(Decode, NamesUnsupportedFormats) {
  const std::pair<std::string, const char*> rows[] = {
      {"", "is empty"},
      {"x", "not a recognised image"},
      {"BM123456", "a BMP image"},
      {"II*\0...."s, "a TIFF image"},
      {"\0\0\0\x20"
       "ftypavif...."s,
       "AVIF"},
      {"version https://git-lfs.example/spec/v1\n", "git-lfs"},
      {"RIFF....WAVEfmt ....", "not a recognised image"},
  };
  for (const auto& [bytes, message] : rows) {
    ExpectError([&text = bytes] { DecodeText(text); }, ErrorKind::kFormat,
                {"x: ", message});
  }
  for (const auto& [name, message] :
       {std::pair{"five.tif", "5 channels"},
        {"float.tif", "32-bit samples of format 3"},
        {"cut.tif", "corrupt or truncated"}}) {
    ExpectError([&file = name] { DecodeGolden(file); }, ErrorKind::kFormat,
                {name, message});
  }
  ExpectError([] { DecodeFile("/absent.png"); }, ErrorKind::kIo, {"absent"});
}

// Claimed sizes are rejected before memory is allocated.
TEST(Decode, RejectsDecompressionBombs) {
  const auto bytes = [](const std::string& name) {
    return ReadText(GoldenFolder() / "encoded" / name);
  };
  std::string gif = bytes("plain.gif");
  gif.replace(6, 4, "\xFF\xFF\xFF\xFF");
  ExpectError([&] { DecodeText(gif); }, ErrorKind::kFormat,
              {"65535 x 65535 pixels; the limit is 178956970"});
  std::string jpeg = bytes("420.jpg");
  const size_t frame = jpeg.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\x27\x10\x27\x10");
  ExpectError([&] { DecodeText(jpeg); }, ErrorKind::kFormat,
              {"10000 x 10000 pixels, which its", "bytes cannot hold"});
  const DecodeLimits small{.max_pixels = 100};
  for (const char* name :
       {"8-2.png", "plain.gif", "420.jpg", "lossy.webp", "rgb-tiff_lzw.tif"}) {
    ExpectError([&] { DecodeText(bytes(name), small); }, ErrorKind::kFormat,
                {"the limit is 100"});
  }
}

using TiffTags = std::map<uint16_t, uint32_t>;

constexpr uint16_t kTiffWidth = 256;
constexpr uint16_t kTiffHeight = 257;
constexpr uint16_t kTiffBits = 258;
constexpr uint16_t kTiffCompression = 259;
constexpr uint16_t kTiffPhotometric = 262;
constexpr uint16_t kTiffTileWidth = 322;
constexpr uint16_t kTiffTileHeight = 323;

// A TIFF image whose samples are one strip or, if the tags have its size, tile.
std::string Tiff(const TiffTags& tags, const std::string& samples) {
  constexpr uint16_t kLong = 4;
  constexpr uint32_t kHeader = 8;
  TiffTags all = tags;
  const bool tiled = tags.contains(kTiffTileWidth);
  all[tiled ? 324 : 273] = kHeader;
  all[tiled ? 325 : 279] = static_cast<uint32_t>(samples.size());
  std::string file = "II*\0"s;
  const auto add = [&file](auto value) {
    file.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  add(static_cast<uint32_t>(kHeader + samples.size()));
  file += samples;
  add(static_cast<uint16_t>(all.size()));
  for (const auto& [tag, value] : all) {
    add(tag);
    add(kLong);
    add(uint32_t{1});
    add(value);
  }
  add(uint32_t{0});
  return file;
}

// Alpha that is stored in none of the samples.
TEST(Decode, ATiffThatClaimsAlphaWithoutASampleForItIsRgb) {
  const std::string samples = "abcdefghijkl";
  const TiffTags tags = {
      {kTiffWidth, 2},
      {kTiffHeight, 2},
      {kTiffBits, 8},
      {kTiffCompression, 1},
      {kTiffPhotometric, 2},
      {277, 3},   // samples per pixel
      {338, 1}};  // the first of the others is associated alpha
  const Image image = DecodeText(Tiff(tags, samples)).image;
  EXPECT_EQ(std::string(image.bytes().begin(), image.bytes().end()), samples);
}

TEST(Decode, RejectsATiffOfHugeTiles) {
  const std::string file = Tiff({{kTiffWidth, 1},
                                 {kTiffHeight, 16'000'000},
                                 {kTiffBits, 1},
                                 {kTiffCompression, 2},  // of faxes
                                 {kTiffPhotometric, 0},
                                 {kTiffTileWidth, 16'384},
                                 {kTiffTileHeight, 16'000'000}},
                                "abcdefghijkl");
  ExpectError([&] { DecodeText(file); }, ErrorKind::kFormat,
              {"tiles of 32768000000 bytes"});
}

// A row of 16-bit RGBA has eight bytes a pixel, of which a byte of the file has
// no more than 1,032.
TEST(Decode, RejectsAPngOfMoreSamplesThanItsBytesHold) {
  std::string png = ReadText(GoldenFolder() / "encoded" / "8-2.png");
  const auto pixels = static_cast<uint32_t>(65536 + png.size() * 200);
  const uint32_t width = __builtin_bswap32(pixels);
  png.replace(16, 4, reinterpret_cast<const char*>(&width), 4);
  png.replace(20, 6, "\0\0\0\1\x10\6"s);
  const auto checksum = __builtin_bswap32(static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(png.data()) + 12, 17)));
  png.replace(29, 4, reinterpret_cast<const char*>(&checksum), 4);
  ExpectError([&] { DecodeText(png); }, ErrorKind::kFormat,
              {"x 1 pixels, which its", "bytes cannot hold"});
}

// A scan takes a few bytes, but time in proportion to the image.
TEST(Decode, RejectsTooManyScans) {
  const std::string text =
      ReadText(GoldenFolder() / "encoded" / "progressive.jpg");
  const std::string scan = text.substr(text.rfind("\xFF\xDA"));
  std::string many = text.substr(0, text.size() - 2);
  for (int i = 0; i < 600; ++i) many += scan.substr(0, scan.size() - 2);
  ExpectError([&] { DecodeText(many + "\xFF\xD9"); }, ErrorKind::kFormat,
              {"too many scans"});
}

// Decodes or throws kFormat; does not crash.
void ExpectNoCrash(const std::string& text) {
  for (const bool part : {false, true}) {
    const NeededWindow needed = [part](Size size) {
      return part ? Window{size.width / 3, size.height / 3, 1, 1} : Window{};
    };
    try {
      Decode(std::as_bytes(std::span(text)), "x", {.max_pixels = 1'000'000},
             needed);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kFormat);
    }
  }
}

// About 200 lengths of each file.
TEST(Decode, SurvivesTruncatedFiles) {
  for (const Json& row : ReadGolden("encoded.json")) {
    const std::string text =
        ReadText(GoldenFolder() / "encoded" / row[0].get<std::string>());
    const size_t step = 1 + text.size() / 200;
    for (size_t size = 0; size < text.size(); size += step) {
      // A copy, so that the sanitizer detects reads beyond its end.
      ExpectNoCrash(std::string(text.data(), size));
    }
  }
}

TEST(Decode, SurvivesCorruptBytes) {
  for (const Json& row : ReadGolden("encoded.json")) {
    const std::string name = row[0];
    const std::string text = ReadText(GoldenFolder() / "encoded" / name);
    const auto random = Hashed("broken " + name, 600);
    for (size_t i = 0; i < random.size(); i += 3) {
      std::string corrupt = text;
      const auto at = static_cast<size_t>((random[i] + 0.5F) *
                                          static_cast<float>(text.size()));
      // Half of the changes hit the header.
      corrupt[i % 2 == 0 ? at : at % 64 % text.size()] =
          static_cast<char>((random[i + 1] + 0.5F) * 256);
      ExpectNoCrash(corrupt);
    }
  }
}

}  // namespace
}  // namespace wsel::image
