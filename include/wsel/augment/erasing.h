// Torch-free.
#pragma once

#include <optional>
#include <vector>

#include "wsel/augment/options.h"

namespace wsel::augment {

// The rectangle that is erased, in pixels.
struct ErasedRect {
  int top = 0;
  int left = 0;
  int height = 0;
  int width = 0;
};

// Draws whether and where an image of img_size is erased after normalisation.
// Source: timm's RandomErasing, which gives up after ten rectangles that do not
// fit.
std::optional<ErasedRect> DrawErasing(const ErasingOptions& options,
                                      const HeightWidth& img_size,
                                      const SampleAddress& address);

// The values written there: [channels, height, width] of N(0, 1). Uses only
// additions, multiplications and square roots, so that the values are the same
// on every machine.
std::vector<float> ErasingNoise(const ErasedRect& rect,
                                const SampleAddress& address, int channels = 3);

}  // namespace wsel::augment
