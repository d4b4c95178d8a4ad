#include "wsel/augment/eval_transform.h"

#include <algorithm>
#include <cmath>

#include "check.h"
#include "wsel/image/crop.h"
#include "wsel/image/resample.h"

namespace wsel::augment {
namespace {

constexpr int kLargestUnresized = 32;
constexpr int kSmallestPlain = 384;

// torchvision's Resize(short_side).
image::Image ResizeShort(const image::Image& source, int short_side,
                         image::Interpolation interpolation) {
  const int least = std::min(source.width(), source.height());
  const int most = std::max(source.width(), source.height());
  const int long_side = static_cast<int>(int64_t{short_side} * most / least);
  const bool upright = source.width() <= source.height();
  return image::Resize(source, image::WholeOf(source),
                       upright ? short_side : long_side,
                       upright ? long_side : short_side, interpolation);
}

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

image::Image Make(const image::Image& source,
                  const EvalTransformOptions& options) {
  const int size = options.img_size;
  if (size <= kLargestUnresized) return CropCentre(source, size);
  if (size >= kSmallestPlain) {
    return image::Resize(source, image::WholeOf(source), size, size,
                         options.interpolation);
  }
  return CropCentre(
      ResizeShort(source, static_cast<int>(size / options.crop_pct),
                  options.interpolation),
      size);
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
