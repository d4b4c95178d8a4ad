#include <algorithm>
#include <cmath>

#include "wsel/core/error.h"
#include "wsel/image/color.h"
#include "wsel/image/vector_clones.h"

namespace wsel::image {
namespace {

// ITU-R 601-2 luma in 16-bit fixed point.
inline uint8_t Luma(const uint8_t* pixel) {
  return static_cast<uint8_t>(
      (pixel[0] * 19595 + pixel[1] * 38470 + pixel[2] * 7471 + 0x8000) >> 16);
}

// Pixels per partial sum, which then fits an int.
constexpr size_t kRun = 1 << 16;

WSEL_VECTOR_CLONES
int SumOfLuma(const uint8_t* pixels, int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) sum += Luma(pixels + size_t{3} * i);
  return sum;
}

uint8_t MeanLuma(const Image& image) {
  const size_t count = image.bytes().size() / 3;
  if (count == 0) return 0;
  int64_t sum = 0;
  for (size_t i = 0; i < count; i += kRun) {
    sum += SumOfLuma(image.bytes().data() + 3 * i,
                     static_cast<int>(std::min(kRun, count - i)));
  }
  return static_cast<uint8_t>(
      std::floor(static_cast<double>(sum) / static_cast<double>(count) + 0.5));
}

WSEL_VECTOR_CLONES
void GreyRow(const uint8_t* from, int count, uint8_t* to) {
  for (int i = 0; i < count; ++i) {
    uint8_t* pixel = to + size_t{3} * i;
    pixel[0] = pixel[1] = pixel[2] = Luma(from + size_t{3} * i);
  }
}

inline uint8_t BlendByte(int from, int to, float weight) {
  const float value =
      static_cast<float>(from) + weight * static_cast<float>(to - from);
  return static_cast<uint8_t>(std::clamp(value, 0.0F, 255.0F));
}

// Blends into `from`.
WSEL_VECTOR_CLONES
void BlendInto(uint8_t* from, const uint8_t* to, float weight, size_t size) {
  for (size_t i = 0; i < size; ++i) from[i] = BlendByte(from[i], to[i], weight);
}

// Blends from a constant.
WSEL_VECTOR_CLONES
void BlendFrom(int from, const uint8_t* to, float weight, size_t size,
               uint8_t* out) {
  for (size_t i = 0; i < size; ++i) out[i] = BlendByte(from, to[i], weight);
}

Image BlendFrom(uint8_t from, const Image& image, double factor) {
  const auto weight = static_cast<float>(factor);
  if (weight == 1) return image;
  Image out(image.width(), image.height());
  BlendFrom(from, image.bytes().data(), weight, image.bytes().size(),
            out.bytes().data());
  return out;
}

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

// Averages each pixel (weight 5) with its eight neighbours (weight 1); the
// border is unchanged. Source: Pillow's ImageFilter.SMOOTH.
Image Smooth(const Image& image) {
  if (image.width() < 3 || image.height() < 3) return image;
  Image out = image;
  for (int y = 1; y + 1 < image.height(); ++y) {
    SmoothRow(image.Row(y - 1), image.Row(y), image.Row(y + 1),
              image.stride() - 3, out.Row(y));
  }
  return out;
}

}  // namespace

Image Blend(Image from, const Image& to, double alpha) {
  if (from.width() != to.width() || from.height() != to.height()) {
    throw Error(ErrorKind::kConfig, "blend", "the images have different sizes");
  }
  const auto weight = static_cast<float>(alpha);
  if (weight == 0) return from;
  if (weight == 1) return to;
  BlendInto(from.bytes().data(), to.bytes().data(), weight,
            from.bytes().size());
  return from;
}

Image Grey(const Image& image) {
  Image out(image.width(), image.height());
  for (int y = 0; y < image.height(); ++y) {
    GreyRow(image.Row(y), image.width(), out.Row(y));
  }
  return out;
}

Image Color(const Image& image, double factor) {
  return Blend(Grey(image), image, factor);
}

Image Contrast(const Image& image, double factor) {
  return BlendFrom(MeanLuma(image), image, factor);
}

Image Brightness(const Image& image, double factor) {
  return BlendFrom(0, image, factor);
}

Image Sharpness(const Image& image, double factor) {
  return Blend(Smooth(image), image, factor);
}

}  // namespace wsel::image
