// Torch-free.
#pragma once

#include "wsel/image/image.h"

namespace wsel::image {

// How pixels between pixels are made.
enum class Interpolation { kNearest, kBilinear, kBicubic };

// A part of a picture, in pixels from its upper left corner; edges may lie
// inside pixels. Single precision, as Pillow has it.
struct Box {
  float left = 0;
  float top = 0;
  float right = 0;
  float bottom = 0;
};

// The whole of `image`.
Box WholeOf(const Image& image);

// `box` of `image` as a picture of width x height pixels. Bilinear and bicubic
// (a = -0.5) widen their kernels when they shrink, so nothing is left out:
// separable, horizontal first, in fixed point of 22 bits with a rounding to 8
// bits in between. Source: Pillow's Image.resize(size, resample, box).
// The box lies within the image, right >= left and bottom >= top; width and
// height are at least 1. Errors: kConfig where that is not so.
Image Resize(const Image& image, const Box& box, int width, int height,
             Interpolation interpolation);

// A part of a picture in whole pixels.
struct Window {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
};

// Crop(Resize(image, WholeOf(image), width, height, interpolation), window...),
// and nothing else of the resized picture is made. Errors: kConfig, also where
// the window reaches beyond it.
Image ResizeWindow(const Image& image, int width, int height,
                   const Window& window, Interpolation interpolation);

// Resize(Crop(image, part...), its whole, width, height, interpolation),
// without the copy of the part. Errors: kConfig, also where the part reaches
// beyond the picture.
Image ResizePart(const Image& image, const Window& part, int width, int height,
                 Interpolation interpolation);

}  // namespace wsel::image
