// Torch-free.
#pragma once

#include "wsel/image/image.h"

namespace wsel::image {

// Operations that map each channel's values through a table. Source: Pillow's
// ImageOps; SolarizeAdd is timm's.

// Stretches each channel to 0 ... 255.
Image AutoContrast(const Image& image);
// Gives each channel an even histogram.
Image Equalize(const Image& image);
Image Invert(const Image& image);
// Keeps the upper `bits` of each value, 0 ... 8; 0 bits leave black.
Image Posterize(const Image& image, int bits);
// Inverts values of `threshold` and above.
Image Solarize(const Image& image, double threshold);
// Adds `add` to values below `threshold`, to 255 at most (and 0 at least).
Image SolarizeAdd(const Image& image, int add, int threshold = 128);

// Operations that move a picture from a dull one (factor 0) through itself
// (factor 1) and beyond. Source: Pillow's ImageEnhance.

// From grey.
Image Color(const Image& image, double factor);
// From its mean grey.
Image Contrast(const Image& image, double factor);
// From black.
Image Brightness(const Image& image, double factor);
// From its blur by the 3 x 3 kernel SMOOTH, which leaves the border alone.
Image Sharpness(const Image& image, double factor);

// from + alpha (to - from), in single precision, cut off to whole numbers and
// clipped. Both are of one size. Source: Pillow's Image.blend.
// Errors: kConfig where sizes differ.
Image Blend(Image from, const Image& to, double alpha);

// Luma of ITU-R 601-2 in fixed point of 16 bits, in all three channels.
Image Grey(const Image& image);

}  // namespace wsel::image
