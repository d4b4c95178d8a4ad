#include <cmath>

#include "wsel/augment/auto_augment.h"

namespace wsel::augment {
namespace {

// torch.linspace(low, high, kTrivialBins) at `bin`: single precision, with one
// rounding of each value, from the nearer end.
double Spaced(float low, float high, int bin) {
  const float step = (high - low) / static_cast<float>(kTrivialBins - 1);
  const double value =
      bin < kTrivialBins / 2
          ? low + static_cast<double>(step) * bin
          : high - static_cast<double>(step) * (kTrivialBins - 1 - bin);
  return static_cast<float>(value);
}

// torchvision states shears as angles in degrees, and takes their tangents.
double Radians(double shear) {
  const double degrees = std::atan(shear) * (180 / M_PI);
  return degrees * (M_PI / 180);
}

}  // namespace

std::vector<DrawnOp> TrivialOp(int place, int bin, bool negative) {
  const auto value = [&](float low, float high) {
    const double spaced = Spaced(low, high, bin);
    return negative ? -spaced : spaced;
  };
  const auto one = [&](Op op, double argument) {
    return std::vector<DrawnOp>{{op, static_cast<double>(bin), argument}};
  };
  switch (place) {
    case 1:
      return one(Op::kShearX, std::tan(Radians(value(0, 0.99F))));
    case 2: {
      const double angle = Radians(value(0, 0.99F));
      return one(Op::kShearY, std::sin(angle) / std::cos(angle));
    }
    case 3:  // torchvision's moves the image, timm's where pixels come from
      return one(Op::kTranslateX, -std::trunc(value(0, 32)));
    case 4:
      return one(Op::kTranslateY, -std::trunc(value(0, 32)));
    case 5:
      return one(Op::kRotate, value(0, 135));
    case 6:
      return one(Op::kBrightness, 1 + value(0, 0.99F));
    case 7:
      return one(Op::kColor, 1 + value(0, 0.99F));
    case 8:
      return one(Op::kContrast, 1 + value(0, 0.99F));
    case 9:
      return one(Op::kSharpness, 1 + value(0, 0.99F));
    case 10:
      return one(Op::kPosterize, 8 - std::nearbyint(bin / 5.0));
    case 11:
      return one(Op::kSolarize, Spaced(255, 0, bin));
    case 12:
      return one(Op::kAutoContrast, 0);
    case 13:
      return one(Op::kEqualize, 0);
    default:
      return {};
  }
}

}  // namespace wsel::augment
