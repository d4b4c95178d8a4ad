#include "wsel/augment/eval_transform.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "check.h"
#include "wsel/image/geometry.h"
#include "wsel/image/resample.h"

namespace wsel::augment {
namespace {

constexpr int kLargestUnresized = 32;
constexpr int kSmallestUncropped = 384;
// Pixels of the resized image's long side: bounds the memory for extreme aspect
// ratios.
constexpr int64_t kMaxLongSide = 1 << 20;

// torchvision's CenterCrop along one axis: short images are padded to size
// first, with the odd pixel at the end; otherwise halves round to even.
int CentreOffset(int length, int size) {
  if (length < size) return -((size - length) / 2);
  return static_cast<int>(std::nearbyint((length - size) / 2.0));
}

image::Image CropCentre(const image::Image& source, int size) {
  return image::Crop(source, CentreOffset(source.width(), size),
                     CentreOffset(source.height(), size), size, size);
}

// torchvision's Resize(short_side), then its CenterCrop.
image::Image ResizeAndCrop(const image::Image& source, int short_side,
                           const EvalTransformOptions& options) {
  const int size = options.img_size;
  const int shorter = std::min(source.width(), source.height());
  const int longer = std::max(source.width(), source.height());
  const int64_t long_side = int64_t{short_side} * longer / std::max(shorter, 1);
  if (shorter == 0 || long_side > kMaxLongSide) {
    throw Error(ErrorKind::kFormat, "image",
                fmt::format("{} x {} pixels cannot be resized to {}",
                            source.width(), source.height(), short_side));
  }
  const bool portrait = source.width() <= source.height();
  const int width = portrait ? short_side : static_cast<int>(long_side);
  const int height = portrait ? static_cast<int>(long_side) : short_side;
  return image::ResizeThenCrop(
      source, width, height,
      {CentreOffset(width, size), CentreOffset(height, size), size, size},
      options.interpolation);
}

image::Image Transformed(const image::Image& source,
                         const EvalTransformOptions& options) {
  const int size = options.img_size;
  if (size <= kLargestUnresized) return CropCentre(source, size);
  if (size >= kSmallestUncropped) {
    return image::Resize(source, image::FullBox(source), size, size,
                         options.interpolation);
  }
  // The short side is at least `size`, since crop_pct is at most 1.
  return ResizeAndCrop(source, static_cast<int>(size / options.crop_pct),
                       options);
}

}  // namespace

void EvalTransform(const image::Image& source,
                   const EvalTransformOptions& options,
                   std::span<uint8_t> out) {
  CheckOutput(out.size(), options.img_size);
  std::ranges::copy(Transformed(source, options).bytes(), out.begin());
}

}  // namespace wsel::augment
