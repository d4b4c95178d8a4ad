// Torch-free.
#pragma once

#include "wsel/image/affine.h"

namespace wsel::image {

// `matrix` without interpolation; `out` comes filled. Pillow steps along rows
// in one of three arithmetics, whose rounding errors are part of the result.
Image TransformNearest(const Image& image, Image out,
                       const AffineMatrix& matrix);

}  // namespace wsel::image
