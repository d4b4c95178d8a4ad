// Torch-free.
#pragma once

#include "wsel/image/image.h"

namespace wsel::image {

// Each pixel averaged with its eight neighbours, itself five times; the border
// stays. Source: Pillow's ImageFilter.SMOOTH.
Image Smooth(const Image& image);

}  // namespace wsel::image
