#include "wsel/augment/eval_transform.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "check.h"
#include "wsel/image/crop.h"
#include "wsel/image/resample.h"

namespace wsel::augment {
namespace {

constexpr int kLargestUnresized = 32;
constexpr int kSmallestPlain = 384;
// Of the resized picture, in pixels: a line must not become gigabytes.
constexpr int64_t kLongest = 1 << 20;

// torchvision's CenterCrop along an axis: what is too short is padded to size
// first, by one more at the end where the rest is odd; otherwise halves round
// to even.
int CentreOffset(int length, int size) {
  if (length < size) return -((size - length) / 2);
  return static_cast<int>(std::nearbyint((length - size) / 2.0));
}

image::Image CropCentre(const image::Image& picture, int size) {
  return image::Crop(picture, CentreOffset(picture.width(), size),
                     CentreOffset(picture.height(), size), size, size);
}

// torchvision's Resize(short_side), then its CenterCrop.
image::Image ResizeAndCrop(const image::Image& source, int short_side,
                           const EvalTransformOptions& options) {
  const int size = options.img_size;
  const int least = std::min(source.width(), source.height());
  const int most = std::max(source.width(), source.height());
  const int64_t long_side = int64_t{short_side} * most / std::max(least, 1);
  if (least == 0 || long_side > kLongest) {
    throw Error(ErrorKind::kFormat, "picture",
                fmt::format("{} x {} pixels cannot be resized to {}",
                            source.width(), source.height(), short_side));
  }
  const bool upright = source.width() <= source.height();
  const int width = upright ? short_side : static_cast<int>(long_side);
  const int height = upright ? static_cast<int>(long_side) : short_side;
  return image::ResizeWindow(
      source, width, height,
      {CentreOffset(width, size), CentreOffset(height, size), size, size},
      options.interpolation);
}

image::Image Make(const image::Image& source,
                  const EvalTransformOptions& options) {
  const int size = options.img_size;
  if (size <= kLargestUnresized) return CropCentre(source, size);
  if (size >= kSmallestPlain) {
    return image::Resize(source, image::WholeOf(source), size, size,
                         options.interpolation);
  }
  // The short side is no less than size, crop_pct being 1 at most.
  return ResizeAndCrop(source, static_cast<int>(size / options.crop_pct),
                       options);
}

}  // namespace

void Validate(const EvalTransformOptions& options, std::string_view where) {
  CheckRange(where, "img_size", options.img_size, 1, 4096);
  CheckRange(where, "crop_pct", options.crop_pct, 0.1, 1);
}

void EvalTransform(const image::Image& source,
                   const EvalTransformOptions& options,
                   std::span<uint8_t> out) {
  CheckOutput(out.size(), options.img_size);
  std::ranges::copy(Make(source, options).bytes(), out.begin());
}

}  // namespace wsel::augment
