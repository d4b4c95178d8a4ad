#include <algorithm>

#include "wsel/augment/rand_augment.h"
#include "wsel/image/blur.h"
#include "wsel/image/color.h"
#include "wsel/image/geometry.h"

namespace wsel::augment {

image::Image ApplyOp(const image::Image& image, const DrawnOp& drawn,
                     image::Interpolation interpolation, image::Rgb fill) {
  const double value = drawn.value;
  const auto affine = [&](const image::AffineMatrix& matrix) {
    return image::Transform(image, image.width(), image.height(), matrix,
                            interpolation, fill);
  };
  switch (drawn.op) {
    case Op::kAutoContrast:
      return image::AutoContrast(image);
    case Op::kEqualize:
      return image::Equalize(image);
    case Op::kInvert:
      return image::Invert(image);
    case Op::kRotate:
      return image::Rotate(image, value, interpolation, fill);
    case Op::kPosterize:
    case Op::kPosterizeIncreasing:
    case Op::kPosterizeOriginal:
      return image::Posterize(image, static_cast<int>(value));
    case Op::kSolarize:
    case Op::kSolarizeIncreasing:
      return image::Solarize(image, value);
    case Op::kSolarizeAdd:
      return image::SolarizeAdd(image, static_cast<int>(value));
    case Op::kColor:
    case Op::kColorIncreasing:
      return image::Color(image, value);
    case Op::kDesaturate:
      return image::Color(image, std::clamp(1 - value, 0.0, 1.0));
    case Op::kHue:
      return image::ShiftHue(image, value);
    case Op::kContrast:
    case Op::kContrastIncreasing:
      return image::Contrast(image, value);
    case Op::kBrightness:
    case Op::kBrightnessIncreasing:
      return image::Brightness(image, value);
    case Op::kSharpness:
    case Op::kSharpnessIncreasing:
      return image::Sharpness(image, value);
    case Op::kGaussianBlur:
      return image::GaussianBlur(image, value);
    case Op::kShearX:
      return affine({1, value, 0, 0, 1, 0});
    case Op::kShearY:
      return affine({1, 0, 0, value, 1, 0});
    case Op::kTranslateXRel:
      return affine({1, 0, value * image.width(), 0, 1, 0});
    case Op::kTranslateYRel:
      return affine({1, 0, 0, 0, 1, value * image.height()});
    case Op::kTranslateX:
      return affine({1, 0, value, 0, 1, 0});
    case Op::kTranslateY:
      return affine({1, 0, 0, 0, 1, value});
  }
  return image;
}

}  // namespace wsel::augment
