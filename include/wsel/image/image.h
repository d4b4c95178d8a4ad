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

// An image in memory: 8 bits per channel, HWC, top row first, no padding
// between rows. It is RGB unless OfChannels makes it. All operations in this
// folder are of RGB images, and match Pillow 12.2.0 on mode RGB, byte for byte;
// MapChannels (channels.h) applies them to others.
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

  // Zeros, of a number of channels of at least 1.
  static Image OfChannels(int width, int height, int channels) {
    Image image;
    image.width_ = width;
    image.height_ = height;
    image.channels_ = channels;
    image.bytes_.resize(image.stride() * static_cast<size_t>(height));
    return image;
  }

  int width() const { return width_; }
  int height() const { return height_; }
  int channels() const { return channels_; }
  Size size() const { return {width_, height_}; }
  // Bytes per row.
  size_t stride() const {
    return static_cast<size_t>(width_) * static_cast<size_t>(channels_);
  }

  std::span<uint8_t> bytes() { return bytes_; }
  std::span<const uint8_t> bytes() const { return bytes_; }
  uint8_t* Row(int y) { return bytes_.data() + stride() * y; }
  const uint8_t* Row(int y) const { return bytes_.data() + stride() * y; }

  bool operator==(const Image&) const = default;

 private:
  int width_ = 0;
  int height_ = 0;
  int channels_ = 3;
  std::vector<uint8_t> bytes_;
};

}  // namespace wsel::image
