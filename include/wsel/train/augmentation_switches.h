// Torch-free.
#pragma once

#include <span>
#include <string_view>

#include "wsel/train/options.h"

namespace wsel::train {

// One of the augmentations that change training images at random.
struct AugmentationSwitch {
  // What switches it off, as an override of a recipe: "augment.hflip=0".
  std::string_view off;
  bool (*is_on)(const Options& options);
  bool crops_or_flips = false;
};

// All of them; without any, images are as in evaluation.
std::span<const AugmentationSwitch> AugmentationSwitches();

}  // namespace wsel::train
