// Torch-free.
#pragma once

#include "wsel/core/registry.h"
#include "wsel/image/image.h"

namespace wsel::image {

enum class Interpolation { kNearest, kBilinear, kBicubic };
// nearest, bilinear, bicubic
const Registry<Interpolation>& Interpolations();

// Which pass of a resize comes first, which decides some roundings.
enum class PassOrder {
  kPillow12,  // horizontal; vertical only in images 100 times as tall as wide
  kPillow13,  // vertical if the height shrinks by more than twice what the
              // width does
};
// pillow-13, pillow-12
const Registry<PassOrder>& PassOrders();

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
// (a = -0.5) are antialiased: separable, in 22-bit fixed point, rounded to 8
// bits between the passes. Source: Pillow's Image.resize(size, resample, box).
// Errors: kConfig unless the box lies within the image, right >= left, bottom
// >= top, and width and height are at least 1.
Image Resize(const Image& image, const Box& box, int width, int height,
             Interpolation interpolation,
             PassOrder order = PassOrder::kPillow13);

// The size of an image of size `from` once its short side is resized to
// `short_side` and its aspect ratio kept, rounded as by torchvision's Resize.
// Errors: kFormat if the image is empty, or so elongated that the long side
// would exceed 2^20 pixels.
Size WithShortSide(Size from, int short_side);
// The smallest size in the aspect ratio of `from` that covers `target`: of a
// square, WithShortSide; otherwise rounded as by timm's ResizeKeepRatio.
// Errors: as WithShortSide.
Size Covering(Size from, Size target);

// A rectangle in whole pixels.
struct Window {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
};

// Crop(Resize(image, FullBox(image), width, height, ...), window...),
// but only the pixels of the window are computed. Errors: kConfig, also if the
// window exceeds the resized image.
Image ResizeThenCrop(const Image& image, int width, int height,
                     const Window& window, Interpolation interpolation,
                     PassOrder order = PassOrder::kPillow13);

// The pixels of an image of size `from` that ResizeThenCrop reads for `window`.
// Errors: kConfig if the window exceeds the resized image.
Window NeededForCrop(Size from, int width, int height, const Window& window,
                     Interpolation interpolation);

// Resize(Crop(image, window...), the whole crop, width, height, ...), without
// copying the crop. Errors: kConfig, also if the window exceeds the image.
Image CropThenResize(const Image& image, const Window& window, int width,
                     int height, Interpolation interpolation,
                     PassOrder order = PassOrder::kPillow13);

}  // namespace wsel::image
