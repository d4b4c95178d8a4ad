// Torch-free.
#pragma once

#include <cstdint>
#include <string_view>

#include "wsel/augment/options.h"

namespace wsel::augment {

// Whether pictures are mixed at all: mixup, CutMix or both are on.
bool Mixes(const MixOptions& options);

// How a unit of pictures is mixed with itself in reverse order.
struct MixDraw {
  // The share of a picture itself, of its pixels and its label; 1: no mix. For
  // CutMix, of the area that is kept.
  double lambda = 1;
  bool cutmix = false;
  // CutMix: the rectangle that comes from the partner, [top, bottom) x
  // [left, right).
  int top = 0;
  int bottom = 0;
  int left = 0;
  int right = 0;
};

// Errors: kConfig, at a place below `where`.
void Validate(const MixOptions& options, std::string_view where = "augment");

// For mixing unit `unit` of step `step`. Mixup and CutMix are on where their
// alpha is above 0; with neither nothing is mixed. Source: timm 1.0.31's Mixup,
// mode "batch"; its box has the side int(size * sqrt(1 - lambda)) where the
// timm of the paper took twice the half of that.
MixDraw DrawMix(const MixOptions& options, int img_size, uint64_t seed,
                int64_t step, int64_t unit);

}  // namespace wsel::augment
