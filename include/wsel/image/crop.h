// Torch-free.
#pragma once

#include "wsel/image/image.h"

namespace wsel::image {

// Left and right swapped.
Image FlipHorizontal(const Image& image);

// width x height pixels from (left, top) on; what lies outside of the image is
// `fill`. Negative offsets pad. Source: Pillow's Image.crop (its fill is
// black).
Image Crop(const Image& image, int left, int top, int width, int height,
           Rgb fill = {});

}  // namespace wsel::image
