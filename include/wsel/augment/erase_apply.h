#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace wsel::augment {

// Puts `values`, [3, height, width], into picture `i` of `images`, float
// [B, 3, H, W] on any device, from (top, left) on. Errors: kConfig where they
// do not fit.
void Erase(at::Tensor& images, int64_t i, int top, int left, int height,
           int width, std::span<const float> values);

}  // namespace wsel::augment
