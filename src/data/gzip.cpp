#include "gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <new>

#include "wsel/core/error.h"

namespace wsel::data {
namespace {

// What zlib takes at once.
uInt Part(size_t size) {
  return static_cast<uInt>(
      std::min<size_t>(size, std::numeric_limits<uInt>::max()));
}

}  // namespace

bool IsGzip(std::span<const std::byte> bytes) {
  return bytes.size() > 2 && bytes[0] == std::byte{0x1F} &&
         bytes[1] == std::byte{0x8B};
}

std::vector<uint8_t> Gunzip(std::span<const std::byte> bytes, size_t most,
                            const std::string& where) {
  // Deflate expands by at most a factor of 1,032.
  std::vector<uint8_t> content(
      std::min(most, std::max<size_t>(bytes.size(), 1) * 1032));
  std::span<uint8_t> room(content);
  constexpr int kGzipOrZlib = 32 + MAX_WBITS;
  z_stream stream = {};
  if (inflateInit2(&stream, kGzipOrZlib) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> end(&stream,
                                                             inflateEnd);
  for (int result = Z_OK; !room.empty() && result != Z_STREAM_END;) {
    const uInt given = Part(bytes.size());
    const uInt free = Part(room.size());
    stream.next_in =
        reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
    stream.avail_in = given;
    stream.next_out = room.data();
    stream.avail_out = free;
    result = inflate(&stream, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END) {
      throw Error(
          ErrorKind::kFormat, where,
          "its compressed data is corrupt or truncated; download it again");
    }
    bytes = bytes.subspan(given - stream.avail_in);
    room = room.subspan(free - stream.avail_out);
  }
  content.resize(content.size() - room.size());
  return content;
}

}  // namespace wsel::data
