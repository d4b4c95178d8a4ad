// Torch-free.
#pragma once

#include "wsel/image/image.h"

namespace wsel::image {

// Mirrors left and right.
Image FlipHorizontal(const Image& image);

// The width x height rectangle at (left, top); pixels outside the image are
// `fill`. Offsets may be negative. Source: Pillow's Image.crop, which fills
// with black.
Image Crop(const Image& image, int left, int top, int width, int height,
           Rgb fill = {});

}  // namespace wsel::image
