// Torch-free.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "hashed_source.h"
#include "wsel/core/sha256.h"
#include "wsel/image/image.h"
#include "wsel/image/resample.h"

namespace wsel::image {

// The same as picture() of scripts/golden/images.py: six bits of noise on a
// gradient.
inline Image TestImage(const std::string& kind, int width, int height) {
  Image image(width, height);
  const auto bytes = image.bytes();
  const auto noise = Hashed(fmt::format("{} {}x{}", kind, width, height),
                            static_cast<int64_t>(bytes.size()));
  for (int i = 0; i < static_cast<int>(bytes.size()); ++i) {
    const int x = i / 3 % width;
    const int y = i / 3 / width;
    const int channel = i % 3;
    const int gradient = (x * 5 + y * 3 + channel * 40) % 256;
    int value = std::min(
        255, gradient * 3 / 4 + static_cast<int>((noise[i] + 0.5F) * 64));
    if (kind == "dim") value = 60 + value / 4;
    if (kind == "flat") value = 77 * channel;
    bytes[i] = static_cast<uint8_t>(value);
  }
  return image;
}

// Black outside the window.
inline Image OnlyWindow(const Image& image, const Window& window) {
  Image part(image.width(), image.height());
  const int64_t begin = int64_t{3} * window.left;
  for (int y = window.top; y < window.top + window.height; ++y) {
    std::copy_n(image.Row(y) + begin, 3 * window.width, part.Row(y) + begin);
  }
  return part;
}

// As in the golden files.
inline std::string Digest(const Image& image) {
  return Sha256Hex(std::as_bytes(image.bytes())).substr(0, 16);
}

}  // namespace wsel::image
