#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace wsel::augment {

// Puts `values`, [3 * height * width] in the order of [3, height, width], into
// picture `i` of `images`, float [B, 3, H, W], from (top, left) on; both on one
// device. Errors: kConfig where they do not fit.
void Erase(at::Tensor& images, int64_t i, int top, int left, int height,
           int width, const at::Tensor& values);

}  // namespace wsel::augment
