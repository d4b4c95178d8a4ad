#include "smooth.h"

#include <algorithm>

#include "wsel/image/vector_clones.h"

namespace wsel::image {
namespace {

// Weighted sum of three pixels of a row, `row` in the middle. In single
// precision and in Pillow's order, which sometimes changes the rounding.
inline float WeighThree(const uint8_t* row, float side, float middle) {
  return static_cast<float>(row[-3]) * side +
         static_cast<float>(row[0]) * middle +
         static_cast<float>(row[3]) * side;
}

WSEL_VECTOR_CLONES
void SmoothRow(const uint8_t* above, const uint8_t* row, const uint8_t* below,
               size_t end, uint8_t* to) {
  constexpr float kSide = 1.0F / 13.0F;
  constexpr float kMiddle = 5.0F / 13.0F;
  for (size_t i = 3; i < end; ++i) {
    float sum = 0.5F;
    sum += WeighThree(below + i, kSide, kSide);
    sum += WeighThree(row + i, kSide, kMiddle);
    sum += WeighThree(above + i, kSide, kSide);
    to[i] = static_cast<uint8_t>(std::clamp(static_cast<int>(sum), 0, 255));
  }
}

}  // namespace

Image Smooth(const Image& image) {
  if (image.width() < 3 || image.height() < 3) return image;
  Image out = image;
  for (int y = 1; y + 1 < image.height(); ++y) {
    SmoothRow(image.Row(y - 1), image.Row(y), image.Row(y + 1),
              image.stride() - 3, out.Row(y));
  }
  return out;
}

}  // namespace wsel::image
