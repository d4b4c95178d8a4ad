#include <algorithm>
#include <cmath>

#include "smooth.h"
#include "wsel/core/error.h"
#include "wsel/image/color.h"

namespace wsel::image {
namespace {

uint8_t Luma(const uint8_t* pixel) {
  return static_cast<uint8_t>(
      (pixel[0] * 19595 + pixel[1] * 38470 + pixel[2] * 7471 + 0x8000) >> 16);
}

uint8_t MeanLuma(const Image& image) {
  const auto bytes = image.bytes();
  int64_t sum = 0;
  for (size_t i = 0; i + 2 < bytes.size(); i += 3) sum += Luma(&bytes[i]);
  const size_t count = bytes.size() / 3;
  if (count == 0) return 0;
  return static_cast<uint8_t>(
      std::floor(static_cast<double>(sum) / static_cast<double>(count) + 0.5));
}

}  // namespace

Image Blend(const Image& from, const Image& to, double alpha) {
  if (from.width() != to.width() || from.height() != to.height()) {
    throw Error(ErrorKind::kConfig, "blend", "two images of different sizes");
  }
  const auto weight = static_cast<float>(alpha);
  if (weight == 0) return from;
  if (weight == 1) return to;
  Image out(from.width(), from.height());
  const auto a = from.bytes();
  const auto b = to.bytes();
  const auto c = out.bytes();
  for (size_t i = 0; i < a.size(); ++i) {
    const float value = static_cast<float>(a[i]) +
                        weight * static_cast<float>(int{b[i]} - int{a[i]});
    c[i] = static_cast<uint8_t>(std::clamp(value, 0.0F, 255.0F));
  }
  return out;
}

Image Grey(const Image& image) {
  Image out(image.width(), image.height());
  const auto from = image.bytes();
  const auto to = out.bytes();
  for (size_t i = 0; i + 2 < from.size(); i += 3) {
    const uint8_t luma = Luma(&from[i]);
    for (size_t c = 0; c < 3; ++c) to[i + c] = luma;
  }
  return out;
}

Image Color(const Image& image, double factor) {
  return Blend(Grey(image), image, factor);
}

Image Contrast(const Image& image, double factor) {
  const uint8_t mean = MeanLuma(image);
  return Blend(Image(image.width(), image.height(), {mean, mean, mean}), image,
               factor);
}

Image Brightness(const Image& image, double factor) {
  return Blend(Image(image.width(), image.height()), image, factor);
}

Image Sharpness(const Image& image, double factor) {
  return Blend(Smooth(image), image, factor);
}

}  // namespace wsel::image
