// Torch-free.
#pragma once

#include "wsel/tensor/source.h"

namespace wsel {

// The same numbers in another floating point type, rounded to nearest, ties to
// even, once; a view of the type already is given back. NaN stays NaN.
// Both types are float16, bfloat16, float32 or float64.
// Errors: kMismatch, naming the tensor, where it is of another type, or where a
// finite number is beyond `to`; kFormat as InOrder (view_shape.h).
TensorView Cast(const TensorView& view, DType to);

// The sum of two views of one shape and type, rounded as above.
// Errors: as Cast.
TensorView Add(const TensorView& a, const TensorView& b);

}  // namespace wsel
