// Torch-free.
#pragma once

#include <cstdint>

namespace wsel::image {

// a * b / 255, rounded, for a and b up to 255.
inline int MultiplyBytes(int a, int b) {
  const int product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

// A colour of what `ink` leaves of `light`, 255 minus the black ink, as
// Pillow's cmyk2rgb.
inline uint8_t OfInk(int ink, int light) {
  return static_cast<uint8_t>(light - MultiplyBytes(ink, light));
}

}  // namespace wsel::image
