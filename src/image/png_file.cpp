#include "png_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

namespace wsel::image {
namespace {

// Deflate at its best: one byte of 1,032, so as many pixels of 8 bits and eight
// times as many of one.
constexpr int64_t kDensest = int64_t{8} * 1032;

struct Chunk {
  std::string_view type;
  std::span<const std::byte> body;  // as much of it as there is
  bool whole = false;               // its checksum is there, too
  bool checks = false;              // and right
};

uint32_t Big32(const std::byte* at) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(at[i]);
  return value;
}

// Reads chunk after chunk.
class Chunks {
 public:
  explicit Chunks(std::span<const std::byte> rest) : rest_(rest) {}

  size_t left() const { return rest_.size(); }
  bool Next(Chunk& chunk);

 private:
  std::span<const std::byte> rest_;
};

uint32_t Checksum(std::span<const std::byte> bytes) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

bool Chunks::Next(Chunk& chunk) {
  constexpr size_t kHead = 8;
  if (rest_.size() < kHead) return false;
  const size_t length = Big32(rest_.data());
  chunk.type = {reinterpret_cast<const char*>(rest_.data()) + 4, 4};
  const size_t there = std::min(length, rest_.size() - kHead);
  chunk.body = rest_.subspan(kHead, there);
  chunk.whole = rest_.size() >= kHead + length + 4;
  chunk.checks = chunk.whole && Checksum(rest_.subspan(4, 4 + length)) ==
                                    Big32(rest_.data() + kHead + length);
  rest_ = rest_.subspan(std::min(rest_.size(), kHead + length + 4));
  return true;
}

// Bits of `depth`, for each colour type, that the standard knows.
bool IsKnown(int depth, int color) {
  switch (color) {
    case 0:
      return depth == 1 || depth == 2 || depth == 4 || depth == 8 ||
             depth == 16;
    case 3:
      return depth == 1 || depth == 2 || depth == 4 || depth == 8;
    case 2:
    case 4:
    case 6:
      return depth == 8 || depth == 16;
    default:
      return false;
  }
}

void ReadHeader(const Encoded& file, const Chunk& chunk, PngFile& png) {
  if (chunk.body.size() < 13) file.Refuse("is a PNG with a short header");
  const uint32_t width = Big32(chunk.body.data());
  const uint32_t height = Big32(chunk.body.data() + 4);
  file.CheckSize(width, height, kDensest);
  png.width = static_cast<int>(width);
  png.height = static_cast<int>(height);
  png.depth = static_cast<int>(chunk.body[8]);
  png.color = static_cast<int>(chunk.body[9]);
  png.interlaced = chunk.body[12] != std::byte{0};
  if (!IsKnown(png.depth, png.color) || chunk.body[11] != std::byte{0}) {
    file.Refuse(fmt::format("is a PNG of an unknown kind: {} bits, colour {}",
                            png.depth, png.color));
  }
}

void ReadPalette(const Chunk& chunk, PngFile& png) {
  const size_t count = std::min(png.palette.size(), chunk.body.size() / 3);
  for (size_t i = 0; i < 3 * count; ++i) {
    png.palette[i / 3][i % 3] = static_cast<uint8_t>(chunk.body[i]);
  }
}

// Leaves the first chunk of data in `chunk`.
void ReadUpToData(const Encoded& file, Chunks& chunks, Chunk& chunk,
                  PngFile& png) {
  while (true) {
    if (!chunks.Next(chunk)) file.Refuse("is a PNG that is cut short");
    if (chunk.type == "IDAT") break;
    if (!chunk.checks) {
      file.Refuse(chunk.whole ? "is a broken PNG: a checksum is wrong"
                              : "is a PNG that is cut short");
    }
    if (chunk.type == "IEND") break;
    if (chunk.type == "IHDR") ReadHeader(file, chunk, png);
    if (chunk.type == "PLTE") ReadPalette(chunk, png);
  }
  if (png.width == 0 || chunk.type == "IEND") {
    file.Refuse("is a PNG without a picture");
  }
}

}  // namespace

PngFile ParsePng(const Encoded& file) {
  Chunks chunks(file.bytes.subspan(8));
  PngFile png;
  Chunk chunk;
  ReadUpToData(file, chunks, chunk, png);
  bool more = true;
  for (; more && chunk.type == "IDAT"; more = chunks.Next(chunk)) {
    png.data.push_back(chunk.body);
  }
  while (more && chunk.type != "IEND") more = chunks.Next(chunk);
  png.no_end = !more;
  png.trailing_bytes = more && chunks.left() > 0;
  return png;
}

}  // namespace wsel::image
