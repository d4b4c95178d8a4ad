// Torch-free.
#pragma once

#include <string_view>

#include "wsel/image/decode.h"

namespace wsel::image {

// What every decoder gets: a file in memory, its name, and what it may use.
struct Encoded {
  std::span<const std::byte> bytes;
  const std::string& name;
  const DecodeLimits& limits;

  size_t size() const { return bytes.size(); }
  const uint8_t* data() const {
    return reinterpret_cast<const uint8_t*>(bytes.data());
  }
  // Throws kFormat.
  [[noreturn]] void Refuse(std::string_view message) const;
  // Refuses empty pictures and those beyond the limit, and where `densest` is
  // given, those with more pixels per byte of the file.
  void CheckSize(int64_t width, int64_t height, int64_t densest = 0) const;
};

// The bytes begin as the format's do; the rest may be anything.
Decoded DecodeJpeg(const Encoded& file);
Decoded DecodePng(const Encoded& file);
Decoded DecodeGif(const Encoded& file);
Decoded DecodeWebp(const Encoded& file);

}  // namespace wsel::image
