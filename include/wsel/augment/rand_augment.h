// Torch-free.
#pragma once

#include <string_view>
#include <vector>

#include "wsel/augment/options.h"
#include "wsel/image/image.h"
#include "wsel/image/resample.h"

namespace wsel::augment {

// The operations of timm 1.0.31. RandAugment draws from fifteen: with
// `inc1`, the ...Increasing variants, which get stronger with the magnitude,
// replace their six counterparts.
enum class Op {
  kAutoContrast,
  kEqualize,
  kInvert,
  kRotate,
  kPosterize,
  kPosterizeIncreasing,
  kSolarize,
  kSolarizeIncreasing,
  kSolarizeAdd,
  kColor,
  kColorIncreasing,
  kContrast,
  kContrastIncreasing,
  kBrightness,
  kBrightnessIncreasing,
  kSharpness,
  kSharpnessIncreasing,
  kShearX,
  kShearY,
  kTranslateXRel,
  kTranslateYRel,
  // Not in RandAugment:
  kPosterizeOriginal,
  kDesaturate,
  kGaussianBlur,
  kTranslateX,  // by pixels, as kTranslateY
  kTranslateY,
  kHue,  // torchvision's
};

// One operation of a sample. `value` is ArgumentOf the magnitude.
struct DrawnOp {
  Op op = Op::kAutoContrast;
  double magnitude = 0;
  double value = 0;
};

// Parses timm's notation, such as "rand-m9-mstd0.5-inc1". Sections, in any
// order, with their defaults: m (magnitude, an integer, 10), mstd (0; above
// 100: uniform), n (layers, 2), p (probability of each layer, 0.5), inc (0 or
// 1, 0). Errors: kConfig for all else, including timm's mmax, t and w.
RandAugmentOptions ParseRandAugment(std::string_view name,
                                    std::string_view where);

// Draws the operations to apply, in order: at most `layers`.
std::vector<DrawnOp> DrawRandAugment(const RandAugmentOptions& options,
                                     const SampleAddress& address);

// timm's argument of an operation at `magnitude`, 0 ... 10: degrees, bits to
// keep, threshold, addend, factor, shear, fraction of the width or height, or
// radius in pixels. kTranslateX, kTranslateY and kHue have none of timm's: the
// magnitude itself. `negative` flips the direction if there is one. 0 if there
// is no argument.
double ArgumentOf(Op op, double magnitude, bool negative);

// Matches timm, and thus Pillow, byte for byte. `interpolation` and `fill` are
// for the geometric operations.
image::Image ApplyOp(const image::Image& image, const DrawnOp& drawn,
                     image::Interpolation interpolation, image::Rgb fill);

}  // namespace wsel::augment
