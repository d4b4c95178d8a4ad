// Torch-free.
#pragma once

#include <array>

#include "wsel/image/image.h"
#include "wsel/image/resample.h"

namespace wsel::image {

// {a, b, c, d, e, f}: the pixel whose centre is (x, y) in the result comes from
// (a x + b y + c, d x + e y + f) in the source.
using AffineMatrix = std::array<double, 6>;

// A picture of width x height through `matrix`; what comes from outside of the
// source is `fill`. Kernels do not widen: only the neighbours of a point count.
// Source: Pillow's Image.transform(size, AFFINE, matrix, resample, fillcolor).
Image Transform(const Image& image, int width, int height,
                const AffineMatrix& matrix, Interpolation interpolation,
                Rgb fill = {});

// Turned counter-clockwise about its centre, in the same size. Source: Pillow's
// Image.rotate(degrees, resample, fillcolor), with its exact quarter turns.
Image Rotate(const Image& image, double degrees, Interpolation interpolation,
             Rgb fill = {});

}  // namespace wsel::image
