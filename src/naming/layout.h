// Torch-free.
#pragma once

#include <optional>

#include "wsel/tensor/source.h"

namespace wsel::naming {

// How a foreign tensor lies to timm's: shapes theirs -> timm's. D, C are
// widths, h heads of d channels each.
enum class Layout {
  kSame,
  kVector,         // [D] -> [1, 1, D]
  kTable,          // [N, D] -> [1, N, D]
  kColumn,         // [C, 1, 1] -> [C]
  kPointwise,      // [out, in] -> the same, or a 1x1 convolution's
  kTransposed,     // [in, out] -> [out, in]
  kKernel,         // [height, width, in, out] -> [out, in, height, width]
  kToHeads,        // [D, h, d] -> [hd, D]
  kHeadBias,       // [h, d] -> [hd]
  kFromHeads,      // [h, d, D] -> [D, hd]
  kZeros,          // [D, classes] -> [classes] zeros: a bias that is not there
  kZerosOfRows,    // [classes, D] -> [classes] zeros
  kOnesLike,       // [D] -> [D] ones: a weight that is not there
  kZerosLike,      // [D] -> [D] zeros
  kFirstPosition,  // [1, N, D] -> [1, 1, D]
  kLaterPositions  // [1, N, D] -> [1, N - 1, D]
};

// The shape that timm's tensor has, or nothing where theirs does not fit.
std::optional<Shape> ShapeInTimm(Layout layout, const Shape& theirs);

// Their numbers as timm's tensor has them. The shape fits.
TensorView InTimm(Layout layout, const TensorView& theirs);

// The way back, where there is one: kSame to kTransposed. Nothing for others,
// and for a shape that does not fit.
std::optional<Shape> ShapeOutside(Layout layout, const Shape& timm);

// timm's numbers as they have them, where ShapeOutside gives a shape.
TensorView Outside(Layout layout, const TensorView& timm);

}  // namespace wsel::naming
