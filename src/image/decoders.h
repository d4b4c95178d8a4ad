// Torch-free.
#pragma once

#include <fmt/core.h>

#include <utility>

#include "wsel/core/error.h"
#include "wsel/image/decode.h"

namespace wsel::image {

// The input of a decoder: a file in memory, its name, and the limits.
struct Encoded {
  std::span<const std::byte> bytes;
  const std::string& name;
  const DecodeLimits& limits;
  const NeededWindow& needed;  // may be null
  int in_chans = 3;            // of the model; only TIFFs have others than RGB

  size_t size() const { return bytes.size(); }
  const uint8_t* data() const {
    return reinterpret_cast<const uint8_t*>(bytes.data());
  }
  // Throws kFormat, with a message in fmt's syntax.
  template <typename... Args>
  [[noreturn]] void Fail(fmt::format_string<Args...> message,
                         Args&&... args) const {
    throw Error(ErrorKind::kFormat, name,
                fmt::format(message, std::forward<Args>(args)...));
  }
  // Errors: kFormat if the image is empty or larger than the limit, or, unless
  // `max_pixels_per_byte` is 0, has more pixels per byte of the file.
  void CheckSize(int64_t width, int64_t height,
                 int64_t max_pixels_per_byte = 0) const;
};

// The bytes begin with the format's signature; the rest may be anything.
Decoded DecodeJpeg(const Encoded& file);
Decoded DecodePng(const Encoded& file);
Decoded DecodeGif(const Encoded& file);
Decoded DecodeWebp(const Encoded& file);
Decoded DecodeBmp(const Encoded& file);
Decoded DecodePnm(const Encoded& file);  // P2, P3, P5, P6
Decoded DecodeTiff(const Encoded& file);

}  // namespace wsel::image
