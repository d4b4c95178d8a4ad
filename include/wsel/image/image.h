// Torch-free.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace wsel::image {

using Rgb = std::array<uint8_t, 3>;

// In pixels.
struct Size {
  int width = 0;
  int height = 0;
};

// An image in memory: 8-bit RGB, HWC, top row first, no padding between rows.
// All operations in this folder match Pillow 12.2.0 on images of mode RGB, byte
// for byte.
class Image {
 public:
  Image() = default;
  // Black. Sizes are in pixels and at least 0.
  Image(int width, int height)
      : width_(width),
        height_(height),
        bytes_(static_cast<size_t>(width) * static_cast<size_t>(height) * 3) {}
  Image(int width, int height, Rgb fill) : Image(width, height) {
    if (fill == Rgb{}) return;
    for (size_t i = 0; i < bytes_.size(); i += 3) {
      std::copy(fill.begin(), fill.end(), &bytes_[i]);
    }
  }

  int width() const { return width_; }
  int height() const { return height_; }
  Size size() const { return {width_, height_}; }
  // Bytes per row.
  size_t stride() const { return static_cast<size_t>(width_) * 3; }

  std::span<uint8_t> bytes() { return bytes_; }
  std::span<const uint8_t> bytes() const { return bytes_; }
  uint8_t* Row(int y) { return bytes_.data() + stride() * y; }
  const uint8_t* Row(int y) const { return bytes_.data() + stride() * y; }

  bool operator==(const Image&) const = default;

 private:
  int width_ = 0;
  int height_ = 0;
  std::vector<uint8_t> bytes_;
};

}  // namespace wsel::image
