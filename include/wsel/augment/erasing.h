// Torch-free.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "wsel/augment/options.h"

namespace wsel::augment {

// A rectangle of a picture, in pixels.
struct Erasure {
  int top = 0;
  int left = 0;
  int height = 0;
  int width = 0;
};

// Errors: kConfig, at a place below `where`.
void Validate(const ErasingOptions& options,
              std::string_view where = "augment");

// Whether and where a normalised picture of img_size is erased. Source: timm's
// RandomErasing, which gives up after ten rectangles that do not fit.
std::optional<Erasure> DrawErasing(const ErasingOptions& options, int img_size,
                                   const SampleAddress& address);

// What is put there: [3, height, width] of N(0, 1). Made of additions,
// multiplications and square roots alone, so it is the same on every machine.
std::vector<float> ErasureNoise(const Erasure& erasure,
                                const SampleAddress& address);

}  // namespace wsel::augment
