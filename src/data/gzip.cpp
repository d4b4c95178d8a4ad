#include "gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "wsel/core/error.h"

namespace wsel::data {
namespace {

class Inflater {
 public:
  explicit Inflater(const std::string& where) : where_(where) {
    constexpr int kGzipOrZlib = 32 + MAX_WBITS;
    if (inflateInit2(&stream_, kGzipOrZlib) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Inflates from `in` to `out` and advances both; true at the end of the
  // stream.
  bool Step(std::span<const std::byte>& in, std::span<uint8_t>& out) {
    const auto part = [](size_t size) {
      return static_cast<uInt>(
          std::min<size_t>(size, std::numeric_limits<uInt>::max()));
    };
    stream_.next_in =
        reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
    stream_.avail_in = part(in.size());
    stream_.next_out = out.data();
    stream_.avail_out = part(out.size());
    const uInt given = stream_.avail_in;
    const uInt room = stream_.avail_out;
    const int result = inflate(&stream_, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END) {
      throw Error(
          ErrorKind::kFormat, where_,
          "its compressed data is corrupt or truncated; download it again");
    }
    in = in.subspan(given - stream_.avail_in);
    out = out.subspan(room - stream_.avail_out);
    return result == Z_STREAM_END;
  }

 private:
  const std::string& where_;
  z_stream stream_{};
};

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
  Inflater inflater(where);
  while (!room.empty() && !inflater.Step(bytes, room)) {
  }
  content.resize(content.size() - room.size());
  return content;
}

}  // namespace wsel::data
