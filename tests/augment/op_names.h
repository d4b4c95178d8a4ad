// Torch-free.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "wsel/augment/rand_augment.h"

namespace wsel::augment {

// timm's names, and one of torchvision's, in the order of the enumeration.
inline constexpr std::array<std::string_view, 27> kOpNames = {
    "AutoContrast",
    "Equalize",
    "Invert",
    "Rotate",
    "Posterize",
    "PosterizeIncreasing",
    "Solarize",
    "SolarizeIncreasing",
    "SolarizeAdd",
    "Color",
    "ColorIncreasing",
    "Contrast",
    "ContrastIncreasing",
    "Brightness",
    "BrightnessIncreasing",
    "Sharpness",
    "SharpnessIncreasing",
    "ShearX",
    "ShearY",
    "TranslateXRel",
    "TranslateYRel",
    "PosterizeOriginal",
    "Desaturate",
    "GaussianBlur",
    "TranslateX",
    "TranslateY",
    "Hue"};

inline std::string_view NameOf(Op op) {
  return kOpNames[static_cast<size_t>(op)];
}

// Throws for a name that is not timm's.
inline Op OpOf(std::string_view name) {
  size_t place = 0;
  while (kOpNames.at(place) != name) ++place;
  return static_cast<Op>(place);
}

}  // namespace wsel::augment
