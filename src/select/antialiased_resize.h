// Torch-free.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace wsel::select {

enum class ResizeFilter { kBilinear, kBicubic };

// Square images [outer, from, from, inner] -> [outer, to, to, inner], row-major
// float32: antialiased, corners not aligned. Equal to the last bit to torch
// 2.11's interpolate(..., antialias=True) on a CPU with AVX2 and FMA, and the
// same on every other CPU: torch's own last bits depend on the instruction set
// that it finds.
std::vector<float> ResizeAntialiased(std::span<const float> images,
                                     int64_t outer, int64_t inner, int64_t from,
                                     int64_t to, ResizeFilter filter);

}  // namespace wsel::select
