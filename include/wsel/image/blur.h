// Torch-free.
#pragma once

#include "wsel/image/image.h"

namespace wsel::image {

// Blurs with a standard deviation of `radius` pixels, by three passes of a box
// filter along each axis; the border is repeated. Source: Pillow's
// ImageFilter.GaussianBlur. Errors: kConfig unless 0 <= radius <= 1000.
Image GaussianBlur(const Image& image, double radius);

}  // namespace wsel::image
