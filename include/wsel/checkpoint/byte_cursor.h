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

namespace wsel::checkpoint {

static_assert(std::endian::native == std::endian::little,
              "checkpoints are little-endian, and are read as they lie");

// Reads a file from front to back and never beyond its end.
class ByteCursor {
 public:
  // `where` names the bytes in messages.
  ByteCursor(std::span<const std::byte> bytes, std::string where)
      : bytes_(bytes), where_(std::move(where)) {}

  size_t offset() const { return offset_; }
  size_t left() const { return bytes_.size() - offset_; }

  // The next `count` bytes. Errors: kFormat where fewer are left.
  std::span<const std::byte> Take(uint64_t count) {
    if (count > left()) ThrowTruncated(count);
    offset_ += static_cast<size_t>(count);
    return bytes_.subspan(offset_ - static_cast<size_t>(count),
                          static_cast<size_t>(count));
  }
  std::string_view Text(uint64_t count) {
    const auto taken = Take(count);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }
  // Up to the next '\n', which is passed over.
  std::string_view Line();

  template <std::unsigned_integral T>
  T Little() {
    T value;
    std::memcpy(&value, Take(sizeof(T)).data(), sizeof(T));
    return value;
  }

 private:
  [[noreturn]] void ThrowTruncated(uint64_t count) const;

  std::span<const std::byte> bytes_;
  std::string where_;
  size_t offset_ = 0;
};

}  // namespace wsel::checkpoint
