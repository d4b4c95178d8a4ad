// Torch-free.
#pragma once

#include <string_view>
#include <vector>

#include "wsel/tensor/source.h"

namespace wsel {

// Shape operations. Results share the view's memory unless a copy is mentioned;
// dimensions and counts must be valid for the view's shape.

// Positions [start, start + count) of dimension `dim`.
TensorView Narrow(TensorView view, size_t dim, int64_t start, int64_t count);

// Dimension i of the result is dimension dims[i] of the view.
TensorView Permute(const TensorView& view, const std::vector<size_t>& dims);

// Another shape with as many elements, in row-major order. Copies if the view
// is not contiguous. Errors: as Contiguous.
TensorView Reshape(TensorView view, const Shape& shape);

// The elements in row-major order without gaps; a copy if the view is not
// contiguous. Errors: kFormat if elements overlap, so that a copy would take
// more memory than the view.
TensorView Contiguous(const TensorView& view);

// The parts concatenated along the first dimension, as a copy. Types and other
// dimensions must be equal. Errors: as Contiguous.
TensorView Concatenate(std::string_view name,
                       const std::vector<TensorView>& parts);

}  // namespace wsel
