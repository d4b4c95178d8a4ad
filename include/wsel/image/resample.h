// Torch-free.
#pragma once

#include "wsel/image/image.h"

namespace wsel::image {

enum class Interpolation { kNearest, kBilinear, kBicubic };

// A rectangle in pixels from the upper left corner; edges may lie inside
// pixels. Single precision, as in Pillow.
struct Box {
  float left = 0;
  float top = 0;
  float right = 0;
  float bottom = 0;
};

// The box that covers all of `image`.
Box FullBox(const Image& image);

// Resizes `box` of `image` to width x height pixels. Bilinear and bicubic
// (a = -0.5) are antialiased: separable, horizontal pass first, in 22-bit fixed
// point, rounded to 8 bits between the passes. Source: Pillow's
// Image.resize(size, resample, box).
// Errors: kConfig unless the box lies within the image, right >= left, bottom
// >= top, and width and height are at least 1.
Image Resize(const Image& image, const Box& box, int width, int height,
             Interpolation interpolation);

// A rectangle in whole pixels.
struct Window {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
};

// Crop(Resize(image, FullBox(image), width, height, interpolation), window...),
// but only the pixels of the window are computed. Errors: kConfig, also if the
// window exceeds the resized image.
Image ResizeThenCrop(const Image& image, int width, int height,
                     const Window& window, Interpolation interpolation);

// Resize(Crop(image, window...), the whole crop, width, height, interpolation),
// without copying the crop. Errors: kConfig, also if the window exceeds the
// image.
Image CropThenResize(const Image& image, const Window& window, int width,
                     int height, Interpolation interpolation);

}  // namespace wsel::image
