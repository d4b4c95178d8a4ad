#include "wsel/image/crop.h"

#include <algorithm>

namespace wsel::image {

Image FlipHorizontal(const Image& image) {
  Image out(image.width(), image.height());
  for (int y = 0; y < image.height(); ++y) {
    const uint8_t* from = image.Row(y) + image.stride();
    uint8_t* to = out.Row(y);
    for (int x = 0; x < image.width(); ++x, to += 3) {
      from -= 3;
      to[0] = from[0];
      to[1] = from[1];
      to[2] = from[2];
    }
  }
  return out;
}

Image Crop(const Image& image, int left, int top, int width, int height,
           Rgb fill) {
  Image out(width, height, fill);
  // In 64 bits, so that offsets near the limits of int do not overflow.
  const int64_t x0 = std::max<int64_t>(left, 0);
  const int64_t x1 = std::min<int64_t>(int64_t{left} + width, image.width());
  const int64_t y0 = std::max<int64_t>(top, 0);
  const int64_t y1 = std::min<int64_t>(int64_t{top} + height, image.height());
  if (x0 >= x1) return out;
  for (int64_t y = y0; y < y1; ++y) {
    std::copy_n(image.Row(static_cast<int>(y)) + x0 * 3, (x1 - x0) * 3,
                out.Row(static_cast<int>(y - top)) + (x0 - left) * 3);
  }
  return out;
}

}  // namespace wsel::image
