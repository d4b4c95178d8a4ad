// Torch-free.
#pragma once

#include <array>

namespace wsel::image {

// What a model expects of its input, per channel: (value / 255 - mean) / std.
struct Normalisation {
  // ImageNet's, for every data set, as in the official code.
  std::array<double, 3> mean = {0.485, 0.456, 0.406};
  std::array<double, 3> std = {0.229, 0.224, 0.225};
  // 3, or 1: grey images, of which all three values are equal.
  int in_chans = 3;
};

}  // namespace wsel::image
