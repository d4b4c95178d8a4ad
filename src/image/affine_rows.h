// Torch-free.
#pragma once

#include "wsel/image/geometry.h"

namespace wsel::image {

// Apply `matrix`. `out` is already filled; pixels that map outside keep their
// value.

// Without interpolation. Pillow steps along rows in one of three arithmetics;
// their rounding errors are reproduced.
Image TransformNearest(const Image& image, Image out,
                       const AffineMatrix& matrix);
// With bicubic interpolation.
Image TransformCubic(const Image& image, Image out, const AffineMatrix& matrix);

}  // namespace wsel::image
