// Torch-free.
#pragma once

#include <array>

#include "wsel/image/image.h"
#include "wsel/image/resample.h"

namespace wsel::image {

// Mirrors left and right.
Image FlipHorizontal(const Image& image);

// Mirrors top and bottom.
Image FlipVertical(const Image& image);

// The width x height rectangle at (left, top); pixels outside the image are
// `fill`. Offsets may be negative. Source: Pillow's Image.crop, which fills
// with black.
Image Crop(const Image& image, int left, int top, int width, int height,
           Rgb fill = {});

// {a, b, c, d, e, f}: the pixel centred at (x, y) in the result comes from
// (a x + b y + c, d x + e y + f) in the source.
using AffineMatrix = std::array<double, 6>;

// Applies `matrix`; the result is width x height. Pixels that map outside the
// source are `fill`. There is no antialiasing: only the neighbours of a source
// point are interpolated.
// Source: Pillow's Image.transform(size, AFFINE, matrix, resample, fillcolor).
Image Transform(const Image& image, int width, int height,
                const AffineMatrix& matrix, Interpolation interpolation,
                Rgb fill = {});

// Rotates counter-clockwise about the centre; the size stays the same. Source:
// Pillow's Image.rotate(degrees, resample, fillcolor); half turns, and quarter
// turns of squares, are exact.
Image Rotate(const Image& image, double degrees, Interpolation interpolation,
             Rgb fill = {});

}  // namespace wsel::image
