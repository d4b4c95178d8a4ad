#include "png_file.h"

#include <zlib.h>

#include <algorithm>
#include <bit>

namespace wsel::image {
namespace {

// Deflate compresses to 1/1032 at best.
constexpr int64_t kMaxBitsPerByte = int64_t{8} * 1032;

struct Chunk {
  std::string_view type;
  std::span<const std::byte> body;  // as many bytes as the file has
  bool complete = false;            // neither body nor checksum is truncated
  bool checksum_ok = false;
};

uint32_t Big32(const std::byte* at) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(at[i]);
  return value;
}

uint32_t Checksum(std::span<const std::byte> bytes) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

// Takes a chunk off the front of `rest`; false if there is none.
bool TakeChunk(std::span<const std::byte>& rest, Chunk& chunk) {
  constexpr size_t kHead = 8;
  if (rest.size() < kHead) return false;
  const size_t length = Big32(rest.data());
  chunk.type = {reinterpret_cast<const char*>(rest.data()) + 4, 4};
  const size_t available = std::min(length, rest.size() - kHead);
  chunk.body = rest.subspan(kHead, available);
  chunk.complete = rest.size() >= kHead + length + 4;
  chunk.checksum_ok = chunk.complete && Checksum(rest.subspan(4, 4 + length)) ==
                                            Big32(rest.data() + kHead + length);
  rest = rest.subspan(std::min(rest.size(), kHead + length + 4));
  return true;
}

// Whether the standard allows this bit depth for this colour type.
bool IsValid(int depth, int color) {
  if (color == 0 || color == 3) {
    const int most = color == 0 ? 16 : 8;
    return std::has_single_bit(static_cast<unsigned>(depth)) && depth <= most;
  }
  return (color == 2 || color == 4 || color == 6) &&
         (depth == 8 || depth == 16);
}

void ReadHeader(const Encoded& file, const Chunk& chunk, PngFile& png) {
  if (chunk.body.size() < 13) file.Fail("is a PNG with a truncated header");
  const uint32_t width = Big32(chunk.body.data());
  const uint32_t height = Big32(chunk.body.data() + 4);
  png.depth = static_cast<int>(chunk.body[8]);
  png.color = static_cast<int>(chunk.body[9]);
  png.interlaced = chunk.body[12] != std::byte{0};
  if (!IsValid(png.depth, png.color) || chunk.body[11] != std::byte{0}) {
    file.Fail("is an invalid PNG: bit depth {}, colour type {}", png.depth,
              png.color);
  }
  file.CheckSize(width, height, kMaxBitsPerByte / png.bits());
  png.width = static_cast<int>(width);
  png.height = static_cast<int>(height);
}

void ReadPalette(const Chunk& chunk, PngFile& png) {
  const size_t count = std::min(png.palette.size(), chunk.body.size() / 3);
  for (size_t i = 0; i < 3 * count; ++i) {
    png.palette[i / 3][i % 3] = static_cast<uint8_t>(chunk.body[i]);
  }
}

// Reads until `chunk` is the first data chunk.
void ReadUpToData(const Encoded& file, std::span<const std::byte>& rest,
                  Chunk& chunk, PngFile& png) {
  while (true) {
    if (!TakeChunk(rest, chunk)) file.Fail("is a truncated PNG");
    if (chunk.type == "IDAT") break;
    if (!chunk.checksum_ok) {
      file.Fail("{}", chunk.complete ? "is a corrupt PNG: wrong checksum"
                                     : "is a truncated PNG");
    }
    if (chunk.type == "IEND") break;
    if (chunk.type == "IHDR") ReadHeader(file, chunk, png);
    if (chunk.type == "PLTE") ReadPalette(chunk, png);
  }
  if (png.width == 0 || chunk.type == "IEND") {
    file.Fail("is a PNG without image data");
  }
}

}  // namespace

PngFile ParsePng(const Encoded& file) {
  auto rest = file.bytes.subspan(8);
  PngFile png;
  Chunk chunk;
  ReadUpToData(file, rest, chunk, png);
  bool more = true;
  for (; more && chunk.type == "IDAT"; more = TakeChunk(rest, chunk)) {
    png.data.push_back(chunk.body);
  }
  while (more && chunk.type != "IEND") more = TakeChunk(rest, chunk);
  png.no_end = !more;
  png.trailing_bytes = more && !rest.empty();
  return png;
}

}  // namespace wsel::image
