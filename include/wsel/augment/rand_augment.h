// Torch-free.
#pragma once

#include <string_view>
#include <vector>

#include "wsel/augment/options.h"
#include "wsel/core/registry.h"
#include "wsel/image/image.h"
#include "wsel/image/resample.h"

namespace wsel::augment {

// RandAugment's operations as timm 1.0.31 has them: fifteen are drawn from. Of
// four pairs and two, the increasing twin is the stronger the larger the
// magnitude.
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
};

// By timm's names.
const Registry<Op>& Ops();

// One operation of a sample. `value` is what ArgumentOf made of the magnitude.
struct DrawnOp {
  Op op = Op::kAutoContrast;
  double magnitude = 0;
  double value = 0;
};

// Reads timm's names: "rand-m9-mstd0.5-inc1". Sections in any order: m
// (magnitude, a whole number, by default 10), mstd (0; above 100: uniform), n
// (layers, 2), p (probability of each layer, 0.5), inc (0 or 1, 0). Errors:
// kConfig for what else timm knows (mmax, t, w) and what it does not.
RandAugmentOptions ParseRandAugment(std::string_view name,
                                    std::string_view where);

// The operations that are applied, in order: at most `layers`.
std::vector<DrawnOp> DrawRandAugment(const RandAugmentOptions& options,
                                     const SampleAddress& address);

// timm's argument at `magnitude`, 0 ... 10: degrees, bits to keep, threshold,
// what is added, factor, slope, or part of the width or height. `negative`
// turns it the other way where there is one. 0 where there is no argument.
double ArgumentOf(Op op, double magnitude, bool negative);

// The pixels are timm's, and by it Pillow's, byte for byte. Geometric
// operations use `interpolation` and fill in `fill`.
image::Image ApplyOp(const image::Image& picture, const DrawnOp& drawn,
                     image::Interpolation interpolation, image::Rgb fill);

}  // namespace wsel::augment
