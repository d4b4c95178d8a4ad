#include "smooth.h"

#include <algorithm>

namespace wsel::image {
namespace {

// Three pixels of a row, `row` in the middle. Sums in single precision and in
// Pillow's order, which decides a rounding now and then.
float WeighThree(const uint8_t* row, float side, float middle) {
  return static_cast<float>(row[-3]) * side +
         static_cast<float>(row[0]) * middle +
         static_cast<float>(row[3]) * side;
}

}  // namespace

Image Smooth(const Image& image) {
  if (image.width() < 3 || image.height() < 3) return image;
  constexpr float kSide = 1.0F / 13.0F;
  constexpr float kMiddle = 5.0F / 13.0F;
  Image out = image;
  for (int y = 1; y + 1 < image.height(); ++y) {
    const uint8_t* above = image.Row(y - 1);
    const uint8_t* row = image.Row(y);
    const uint8_t* below = image.Row(y + 1);
    uint8_t* to = out.Row(y);
    for (size_t i = 3; i + 3 < image.stride(); ++i) {
      float sum = 0.5F;
      sum += WeighThree(below + i, kSide, kSide);
      sum += WeighThree(row + i, kSide, kMiddle);
      sum += WeighThree(above + i, kSide, kSide);
      to[i] = static_cast<uint8_t>(std::clamp(sum, 0.0F, 255.0F));
    }
  }
  return out;
}

}  // namespace wsel::image
