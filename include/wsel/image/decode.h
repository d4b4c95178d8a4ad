// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "wsel/image/image.h"

namespace wsel::image {

struct DecodeLimits {
  // Width times height. Where Pillow, too, sees a decompression bomb.
  int64_t max_pixels = 178'956'970;
};

// A picture and what is wrong with its file though it can be read.
struct Decoded {
  Image image;
  // Bytes follow the end of the picture. For JPEG also what cameras put there:
  // a second picture, a film.
  bool trailing_bytes = false;
  // The end marker is missing, and no pixel with it.
  bool no_end = false;
  // The decoder found errors and went on, as Pillow's does: pixels may be
  // wrong, or black.
  bool damaged = false;

  bool intact() const { return !trailing_bytes && !no_end && !damaged; }
};

// Decodes JPEG, PNG, GIF (its first frame) and WebP, told apart by content. The
// pixels are those of Pillow 12.2.0's Image.open(file).convert("RGB"): alpha is
// dropped, 16-bit colour keeps its upper bytes, 16-bit grey above 255 is white,
// CMYK JPEGs count as inverted, and EXIF orientation is ignored.
// `name` stands for the file in messages. Beyond the limit, nothing is
// allocated for the pixels that a file claims to have.
// Errors: kFormat, where the file is of another kind, broken, cut short or
// beyond the limits.
Decoded Decode(std::span<const std::byte> bytes, const std::string& name,
               const DecodeLimits& limits = {});

// Errors: also kIo.
Decoded DecodeFile(const std::filesystem::path& path,
                   const DecodeLimits& limits = {});

}  // namespace wsel::image
