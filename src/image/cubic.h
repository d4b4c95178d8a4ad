// Torch-free.
#pragma once

#include "wsel/image/affine.h"

namespace wsel::image {

// `matrix` with bicubic interpolation; `out` comes filled.
Image TransformCubic(const Image& image, Image out, const AffineMatrix& matrix);

}  // namespace wsel::image
