// Torch-free.
#pragma once

#include <cstddef>
#include <span>

#include "wsel/image/image.h"

namespace wsel::image {

// The EXIF orientation of an image file, 1 to 8; 1, upright, if it states none
// or what it states is not valid. Of JPEG (APP1), PNG (eXIf) and WebP (EXIF);
// the tag 0x0112 of the first directory (EXIF 2.32).
int ExifOrientation(std::span<const std::byte> file);

// The image turned upright, as Pillow's ImageOps.exif_transpose does it.
// Errors: kConfig unless 1 <= orientation <= 8.
Image Upright(const Image& image, int orientation);

}  // namespace wsel::image
