#include "wsel/augment/rand_augment.h"
#include "wsel/image/affine.h"
#include "wsel/image/color.h"

namespace wsel::augment {

image::Image ApplyOp(const image::Image& picture, const DrawnOp& drawn,
                     image::Interpolation interpolation, image::Rgb fill) {
  const double value = drawn.value;
  const auto affine = [&](const image::AffineMatrix& matrix) {
    return image::Transform(picture, picture.width(), picture.height(), matrix,
                            interpolation, fill);
  };
  switch (drawn.op) {
    case Op::kAutoContrast:
      return image::AutoContrast(picture);
    case Op::kEqualize:
      return image::Equalize(picture);
    case Op::kInvert:
      return image::Invert(picture);
    case Op::kRotate:
      return image::Rotate(picture, value, interpolation, fill);
    case Op::kPosterize:
    case Op::kPosterizeIncreasing:
      return image::Posterize(picture, static_cast<int>(value));
    case Op::kSolarize:
    case Op::kSolarizeIncreasing:
      return image::Solarize(picture, value);
    case Op::kSolarizeAdd:
      return image::SolarizeAdd(picture, static_cast<int>(value));
    case Op::kColor:
    case Op::kColorIncreasing:
      return image::Color(picture, value);
    case Op::kContrast:
    case Op::kContrastIncreasing:
      return image::Contrast(picture, value);
    case Op::kBrightness:
    case Op::kBrightnessIncreasing:
      return image::Brightness(picture, value);
    case Op::kSharpness:
    case Op::kSharpnessIncreasing:
      return image::Sharpness(picture, value);
    case Op::kShearX:
      return affine({1, value, 0, 0, 1, 0});
    case Op::kShearY:
      return affine({1, 0, 0, value, 1, 0});
    case Op::kTranslateXRel:
      return affine({1, 0, value * picture.width(), 0, 1, 0});
    case Op::kTranslateYRel:
      return affine({1, 0, 0, 0, 1, value * picture.height()});
  }
  return picture;
}

}  // namespace wsel::augment
