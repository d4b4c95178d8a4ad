// One tag is read, with every offset checked against the file's size: a library
// for all of EXIF would be more code to link than this.
#include "wsel/image/orientation.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "wsel/core/error.h"

namespace wsel::image {
namespace {

using std::string_view_literals::operator""sv;

// Integers of either byte order at an offset; nothing beyond the end.
struct Reader {
  std::string_view bytes;
  bool big_endian = true;

  std::optional<uint32_t> Number(size_t at, size_t size) const {
    if (at > bytes.size() || size > bytes.size() - at) return std::nullopt;
    uint32_t value = 0;
    for (size_t i = 0; i < size; ++i) {
      const size_t byte = big_endian ? i : size - 1 - i;
      value = value << 8U | static_cast<unsigned char>(bytes[at + byte]);
    }
    return value;
  }
};

// What follows a TIFF header.
int OrientationOfTiff(std::string_view tiff) {
  Reader read{tiff};
  if (tiff.starts_with("II*\0"sv)) {
    read.big_endian = false;
  } else if (!tiff.starts_with("MM\0*"sv)) {
    return 1;
  }
  const auto directory = read.Number(4, 4);
  if (!directory) return 1;
  const auto entries = read.Number(*directory, 2);
  constexpr size_t kEntrySize = 12;
  constexpr uint32_t kOrientation = 0x0112;
  constexpr uint32_t kShort = 3;
  for (size_t i = 0; i < entries.value_or(0); ++i) {
    const size_t entry = size_t{*directory} + 2 + i * kEntrySize;
    const auto tag = read.Number(entry, 2);
    if (!tag) return 1;  // truncated
    if (tag != kOrientation) continue;
    const auto value = read.Number(entry + 8, 2);
    const bool valid = read.Number(entry + 2, 2) == kShort && value &&
                       *value >= 1 && *value <= 8;
    return valid ? static_cast<int>(*value) : 1;
  }
  return 1;
}

constexpr std::string_view kExifHeader = "Exif\0\0"sv;

int OrientationOfJpeg(std::string_view file) {
  const Reader read{file};
  constexpr uint32_t kApp1 = 0xE1;
  constexpr uint32_t kStartOfScan = 0xDA;
  size_t at = 2;
  while (const auto marker = read.Number(at, 2)) {
    if (*marker == 0xFFFF) {  // a fill byte
      ++at;
      continue;
    }
    const uint32_t kind = *marker & 0xFFU;
    const auto length = read.Number(at + 2, 2);
    if (*marker >> 8U != 0xFF || kind == kStartOfScan || !length ||
        *length < 2) {
      return 1;
    }
    // substr stops at the end of the file.
    const auto content =
        file.substr(std::min(at + 4, file.size()), *length - 2);
    if (kind == kApp1 && content.starts_with(kExifHeader)) {
      return OrientationOfTiff(content.substr(kExifHeader.size()));
    }
    at += 2 + *length;
  }
  return 1;
}

// The content of the first chunk called `name`. A PNG's chunk is its length,
// name, content and a checksum; a WebP's its name, length and content, padded
// to an even length.
std::string_view FindChunk(std::string_view file, bool is_png,
                           std::string_view name) {
  const Reader read{file, is_png};
  size_t at = is_png ? 8 : 12;
  while (const auto length = read.Number(is_png ? at : at + 4, 4)) {
    const size_t name_at = is_png ? at + 4 : at;
    if (name_at > file.size() || at + 8 > file.size()) return {};
    if (file.substr(name_at, 4) == name) return file.substr(at + 8, *length);
    at += 8 + size_t{*length} + (is_png ? 4 : *length % 2);
  }
  return {};
}

Image Rearranged(const Image& image, bool transposed, bool flip_x,
                 bool flip_y) {
  const int width = transposed ? image.height() : image.width();
  const int height = transposed ? image.width() : image.height();
  Image out(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      // The flips are of the source.
      const int column = transposed ? y : x;
      const int row = transposed ? x : y;
      const int from_x = flip_x ? image.width() - 1 - column : column;
      const int from_y = flip_y ? image.height() - 1 - row : row;
      std::memcpy(out.Row(y) + size_t{3} * x,
                  image.Row(from_y) + size_t{3} * from_x, 3);
    }
  }
  return out;
}

}  // namespace

int ExifOrientation(std::span<const std::byte> file) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()),
                              file.size());
  if (text.starts_with("\xFF\xD8\xFF")) return OrientationOfJpeg(text);
  if (text.starts_with("\x89PNG\r\n\x1A\n")) {
    return OrientationOfTiff(FindChunk(text, /*is_png=*/true, "eXIf"));
  }
  if (!text.starts_with("RIFF") || text.size() < 12 ||
      text.substr(8, 4) != "WEBP") {
    return 1;
  }
  auto exif = FindChunk(text, /*is_png=*/false, "EXIF");
  // Some writers keep JPEG's header.
  if (exif.starts_with(kExifHeader)) exif.remove_prefix(kExifHeader.size());
  return OrientationOfTiff(exif);
}

Image Upright(const Image& image, int orientation) {
  switch (orientation) {
    case 1:
      return image;
    case 2:  // mirrored
      return Rearranged(image, false, true, false);
    case 3:  // half a turn
      return Rearranged(image, false, true, true);
    case 4:  // mirrored top to bottom
      return Rearranged(image, false, false, true);
    case 5:  // transposed
      return Rearranged(image, true, false, false);
    case 6:  // to be turned clockwise
      return Rearranged(image, true, false, true);
    case 7:  // transposed about the other diagonal
      return Rearranged(image, true, true, true);
    case 8:  // to be turned counter-clockwise
      return Rearranged(image, true, true, false);
    default:
      throw Error(ErrorKind::kConfig, "orientation", "is {}, not 1 to 8",
                  orientation);
  }
}

}  // namespace wsel::image
