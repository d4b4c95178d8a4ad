// Torch-free.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "wsel/core/height_width.h"

namespace wsel::select {

enum class ResizeFilter { kBilinear, kBicubic };

// Images [outer, from.height, from.width, inner] -> [outer, to.height,
// to.width, inner], row-major float32: antialiased, corners not aligned. Equal
// to the last bit to torch 2.11's interpolate(..., antialias=True) on a CPU
// with AVX2 and FMA, and the same on every other CPU: torch's own last bits
// depend on the instruction set that it finds.
std::vector<float> ResizeAntialiased(std::span<const float> images,
                                     int64_t outer, int64_t inner,
                                     const HeightWidth& from,
                                     const HeightWidth& to,
                                     ResizeFilter filter);

}  // namespace wsel::select
