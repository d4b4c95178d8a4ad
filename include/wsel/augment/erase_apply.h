#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace wsel::augment {

// Writes `values`, [3 * height * width] in the order [3, height, width], into
// image `i` of `images`, float [B, 3, H, W], at (top, left). Both are on the
// same device. Errors: kConfig if they do not fit.
void Erase(at::Tensor& images, int64_t i, int top, int left, int height,
           int width, const at::Tensor& values);

}  // namespace wsel::augment
