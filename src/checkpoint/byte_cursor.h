// Torch-free.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "wsel/checkpoint/format_error.h"

namespace wsel::checkpoint {

static_assert(std::endian::native == std::endian::little,
              "checkpoints are little-endian, and read without conversion");

inline std::string_view TextOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Reads a file from front to back. Every read throws kFormat if it would go
// beyond the end.
class ByteCursor {
 public:
  // `where` names the bytes in messages.
  ByteCursor(std::span<const std::byte> bytes, std::string where)
      : bytes_(bytes), where_(std::move(where)) {}

  size_t offset() const { return offset_; }
  size_t remaining() const { return bytes_.size() - offset_; }

  std::span<const std::byte> ReadBytes(uint64_t count) {
    if (count > remaining()) ThrowTruncated(count);
    offset_ += static_cast<size_t>(count);
    return bytes_.subspan(offset_ - static_cast<size_t>(count),
                          static_cast<size_t>(count));
  }
  std::string_view ReadString(uint64_t count) {
    return TextOf(ReadBytes(count));
  }
  // The text before the next '\n', which is skipped.
  std::string_view ReadLine() {
    const std::string_view rest = TextOf(bytes_).substr(offset_);
    const size_t length = rest.find('\n');
    if (length == std::string_view::npos) ThrowTruncated(remaining() + 1);
    offset_ += length + 1;
    return rest.substr(0, length);
  }

  // A little-endian integer.
  template <std::unsigned_integral T>
  T ReadInt() {
    T value;
    std::memcpy(&value, ReadBytes(sizeof(T)).data(), sizeof(T));
    return value;
  }

 private:
  [[noreturn]] void ThrowTruncated(uint64_t count) const {
    ThrowFormatError(where_,
                     "byte {}: truncated: expected {} bytes, found {}; "
                     "download or copy the file again",
                     offset_, count, remaining());
  }

  std::span<const std::byte> bytes_;
  std::string where_;
  size_t offset_ = 0;
};

}  // namespace wsel::checkpoint
