#include "wsel/augment/rand_augment.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "sample_stream.h"

namespace wsel::augment {
namespace {

constexpr double kMaxMagnitude = 10;

constexpr std::array kDefault = {
    Op::kAutoContrast, Op::kEqualize,      Op::kInvert,       Op::kRotate,
    Op::kPosterize,    Op::kSolarize,      Op::kSolarizeAdd,  Op::kColor,
    Op::kContrast,     Op::kBrightness,    Op::kSharpness,    Op::kShearX,
    Op::kShearY,       Op::kTranslateXRel, Op::kTranslateYRel};

constexpr auto kIncreasing = [] {
  auto ops = kDefault;
  std::ranges::replace(ops, Op::kPosterize, Op::kPosterizeIncreasing);
  std::ranges::replace(ops, Op::kSolarize, Op::kSolarizeIncreasing);
  std::ranges::replace(ops, Op::kColor, Op::kColorIncreasing);
  std::ranges::replace(ops, Op::kContrast, Op::kContrastIncreasing);
  std::ranges::replace(ops, Op::kBrightness, Op::kBrightnessIncreasing);
  std::ranges::replace(ops, Op::kSharpness, Op::kSharpnessIncreasing);
  return ops;
}();

double DrawMagnitude(const RandAugmentOptions& options, double uniform) {
  if (options.magnitude_std == 0) return options.magnitude;
  if (std::isinf(options.magnitude_std)) return options.magnitude * uniform;
  return options.magnitude + options.magnitude_std * NormalQuantile(uniform);
}

}  // namespace

std::vector<DrawnOp> DrawRandAugment(const RandAugmentOptions& options,
                                     const SampleAddress& address) {
  const auto stream = SampleStream(address, "rand_augment");
  const auto& choices = options.increasing ? kIncreasing : kDefault;
  std::vector<DrawnOp> drawn;
  for (int layer = 0; layer < options.layers; ++layer) {
    const uint64_t first = uint64_t{4} * layer;
    if (stream.Uniform(first) >= options.probability) continue;
    const Op op = choices[stream.Below(first + 1, choices.size())];
    const double magnitude = std::clamp(
        DrawMagnitude(options, stream.Uniform(first + 2)), 0.0, kMaxMagnitude);
    const bool negative = stream.Uniform(first + 3) > 0.5;
    drawn.push_back({op, magnitude, ArgumentOf(op, magnitude, negative)});
  }
  return drawn;
}

// Each expression keeps timm's order of operations: the last bit of a shear
// moves pixels.
double ArgumentOf(Op op, double magnitude, bool negative) {
  const double level = magnitude / kMaxMagnitude;
  const auto signed_value = [&](double value) {
    return negative ? -value : value;
  };
  switch (op) {
    case Op::kAutoContrast:
    case Op::kEqualize:
    case Op::kInvert:
      return 0;
    case Op::kRotate:
      return signed_value(level * 30);
    case Op::kPosterize:
      return std::trunc(level * 4);
    case Op::kPosterizeIncreasing:
      return 4 - std::trunc(level * 4);
    case Op::kSolarize:
      return std::min(256.0, std::trunc(level * 256));
    case Op::kSolarizeIncreasing:
      return 256 - std::min(256.0, std::trunc(level * 256));
    case Op::kSolarizeAdd:
      return std::min(128.0, std::trunc(level * 110));
    case Op::kColor:
    case Op::kContrast:
    case Op::kBrightness:
    case Op::kSharpness:
      return level * 1.8 + 0.1;
    case Op::kColorIncreasing:
    case Op::kContrastIncreasing:
    case Op::kBrightnessIncreasing:
    case Op::kSharpnessIncreasing:
      return std::max(0.1, 1 + signed_value(level * 0.9));
    case Op::kShearX:
    case Op::kShearY:
      return signed_value(level * 0.3);
    case Op::kTranslateXRel:
    case Op::kTranslateYRel:
      return signed_value(level * 0.45);
    case Op::kPosterizeOriginal:
      return std::trunc(level * 4) + 4;
    case Op::kDesaturate:
      return std::clamp(0.5 + 0.5 * level, 0.5, 1.0);
    case Op::kGaussianBlur:
      return std::clamp(0.1 + 1.9 * level, 0.1, 2.0);
    case Op::kTranslateX:
    case Op::kTranslateY:
    case Op::kHue:
      return signed_value(magnitude);
  }
  return 0;
}

}  // namespace wsel::augment
