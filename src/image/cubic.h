// Torch-free.
#pragma once

#include "wsel/image/affine.h"

namespace wsel::image {

// Applies `matrix` with bicubic interpolation. `out` is already filled; pixels
// that map outside keep their value.
Image TransformCubic(const Image& image, Image out, const AffineMatrix& matrix);

}  // namespace wsel::image
