// Torch-free.
#pragma once

#include <array>
#include <vector>

#include "decoders.h"

namespace wsel::image {

// The chunks of a PNG that 8-bit RGB needs (W3C PNG, third edition).
struct PngFile {
  int width = 0;
  int height = 0;
  int depth = 0;  // bits per sample
  int color = 0;  // 0 grey, 2 RGB, 3 palette, 4 grey + alpha, 6 RGB + alpha
  bool interlaced = false;
  std::array<Rgb, 256> palette = {};             // missing entries are black
  std::vector<std::span<const std::byte>> data;  // IDAT, in order
  bool no_end = false;
  bool trailing_bytes = false;

  int channels() const {
    return color == 2 ? 3 : color == 4 ? 2 : color == 6 ? 4 : 1;
  }
  int bits() const { return depth * channels(); }  // per pixel
};

// Like Pillow, verifies checksums only up to the first data chunk. Errors:
// kFormat.
PngFile ParsePng(const Encoded& file);

}  // namespace wsel::image
