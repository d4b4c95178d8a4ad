// Torch-free.
#pragma once

#include "wsel/image/image.h"

namespace wsel::image {

// Averages each pixel (weight 5) with its eight neighbours (weight 1); the
// border is unchanged. Source: Pillow's ImageFilter.SMOOTH.
Image Smooth(const Image& image);

}  // namespace wsel::image
