// Torch-free.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

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

// What changes training images and their labels, a few words each, in the order
// of the recipe's sections: "random resized crop", "hflip 0.5", "mixup 0.8".
std::vector<std::string> DescribeAugmentation(const Options& options);

}  // namespace wsel::train
