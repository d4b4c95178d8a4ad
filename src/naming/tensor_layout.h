// Torch-free.
#pragma once

#include <optional>

#include "wsel/tensor/source.h"

namespace wsel::naming {

// How a source library's tensor is laid out compared with timm's, as shapes
// source -> timm. D and C are widths, h the number of heads of d channels each.
enum class TensorLayout {
  kSame,
  kVector,          // [D] -> [1, 1, D]
  kTable,           // [N, D] -> [1, N, D]
  kColumn,          // [C, 1, 1] -> [C]
  kRow,             // [1, 1, 1, C] -> [C]
  kPointwise,       // [out, in] or [out, in, 1, 1] -> the same
  kTransposed,      // [in, out] -> [out, in]
  kKernel,          // [height, width, in, out] -> [out, in, height, width]
  kToHeads,         // [D, h, d] -> [hd, D]
  kHeadBias,        // [h, d] -> [hd]
  kFromHeads,       // [h, d, D] -> [D, hd]
  kZeros,           // [D, classes] -> [classes] zeros for a missing bias
  kZerosOfRows,     // [classes, D] -> [classes] zeros
  kZerosOfKernels,  // [D, C, h, w] -> [D] zeros for a missing bias
  kOnesLike,        // [D] -> [D] ones for a missing weight
  kZerosLike,       // [D] -> [D] zeros
  kFirstPosition,   // [1, N, D] -> [1, 1, D]
  kLaterPositions,  // [1, N, D] -> [1, N - 1, D]
  kFirstThird,      // [3D, ...] -> [D, ...]
  kLastThird,       // [3D, ...] -> [D, ...]
  kLaterThirds,     // [3D, ...] -> [2D, ...]
  kPatchMatrix,     // [D, 3hh] -> [D, 3, h, h]
  kFirstRow,        // [N, D] -> [1, 1, D]
  kLaterRows        // [N, D] -> [1, N - 1, D]
};

// The shape of timm's tensor, or nullopt if `source` does not have this layout.
std::optional<Shape> TimmShape(TensorLayout layout, const Shape& source);

// The tensor in timm's layout. Its TimmShape must exist.
TensorView ToTimm(TensorLayout layout, const TensorView& source);

// The inverse of TimmShape, defined for kSame to kTransposed; nullopt for other
// layouts and for a shape that does not fit.
std::optional<Shape> SourceShape(TensorLayout layout, const Shape& timm);

// timm's tensor in the source's layout. Its SourceShape must exist.
TensorView ToSource(TensorLayout layout, const TensorView& timm);

}  // namespace wsel::naming
