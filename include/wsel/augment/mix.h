// Torch-free.
#pragma once

#include <cstdint>

#include "wsel/augment/options.h"

namespace wsel::augment {

// How a mixup group is mixed with itself in reverse order.
struct MixDraw {
  // The weight of an image's own pixels and label; 1: not mixed. For CutMix,
  // the fraction of the area that is kept.
  double lambda = 1;
  bool cutmix = false;
  // CutMix: the rectangle that is taken from the partner, [top, bottom) x
  // [left, right).
  int top = 0;
  int bottom = 0;
  int left = 0;
  int right = 0;
};

// Draws the mix of mixup group `group` of step `step`. Mixup and CutMix are on
// if their alpha is above 0. Source: timm 1.0.31's Mixup, mode "batch"; its box
// has sides int(side * sqrt(1 - lambda)), which the timm of the paper rounds
// down to even numbers.
MixDraw DrawMix(const MixOptions& options, const HeightWidth& img_size,
                uint64_t seed, int64_t step, int64_t group);

}  // namespace wsel::augment
