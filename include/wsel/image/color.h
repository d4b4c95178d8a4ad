// Torch-free.
#pragma once

#include "wsel/image/image.h"

namespace wsel::image {

// Operations that map each channel's values through a table. Source: Pillow's
// ImageOps; SolarizeAdd is timm's.

// Stretches each channel to 0 ... 255.
Image AutoContrast(const Image& image);
// Equalises the histogram of each channel.
Image Equalize(const Image& image);
Image Invert(const Image& image);
// Keeps the upper `bits` of each value, 0 ... 8; 0 bits give black.
Image Posterize(const Image& image, int bits);
// Inverts values of `threshold` and above.
Image Solarize(const Image& image, double threshold);
// Adds `add` to values below 128, clipped to 0 ... 255.
Image SolarizeAdd(const Image& image, int add);

// Operations that blend a degenerate image (factor 0) with the original (factor
// 1), and extrapolate above 1. Source: Pillow's ImageEnhance.

// Degenerate: greyscale.
Image Color(const Image& image, double factor);
// Degenerate: uniform mean grey.
Image Contrast(const Image& image, double factor);
// Degenerate: black.
Image Brightness(const Image& image, double factor);
// Degenerate: smoothed by the 3 x 3 kernel SMOOTH, except at the border.
Image Sharpness(const Image& image, double factor);

// from + alpha (to - from), in single precision, truncated and clipped to 0 ...
// 255. Source: Pillow's Image.blend. Errors: kConfig if the sizes differ.
Image Blend(Image from, const Image& to, double alpha);

// Shifts the hue by `turns` of the colour circle, by way of Pillow's mode HSV.
// Source: torchvision's adjust_hue on PIL images. Errors: kConfig unless -0.5
// <= turns <= 0.5.
Image ShiftHue(const Image& image, double turns);

// ITU-R 601-2 luma, computed in 16-bit fixed point, in all three channels.
Image Grey(const Image& image);

}  // namespace wsel::image
