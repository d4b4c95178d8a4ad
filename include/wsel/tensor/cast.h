// Torch-free.
#pragma once

#include "wsel/tensor/source.h"

namespace wsel {

// The values converted to another floating-point type, rounded once, to
// nearest, ties to even; NaN stays NaN. A view that already has the type is
// returned unchanged. Both types must be float16, bfloat16, float32 or float64.
// Errors: kMismatch, naming the tensor, if it has another type or a finite
// value overflows `to`; kFormat as Contiguous (view_shape.h).
TensorView Cast(const TensorView& view, DType to);

// The sum of two views of equal shape and type, rounded as in Cast.
// Errors: as Cast.
TensorView Add(const TensorView& a, const TensorView& b);

}  // namespace wsel
