// Torch-free.
#pragma once

#include <string_view>
#include <vector>

#include "wsel/tensor/source.h"

namespace wsel {

// A tensor's numbers under another shape. All share the view's memory except
// where a copy is said; axes and counts must fit the view's shape.

// Positions [start, start + count) of a dimension.
TensorView Narrow(TensorView view, size_t axis, int64_t start, int64_t count);

// Dimension i of the result is dimension axes[i] of the view.
TensorView Permute(const TensorView& view, const std::vector<size_t>& axes);

// Another shape of as many elements, row by row. Copies what does not lie in
// that order. Errors: as InOrder.
TensorView Reshape(TensorView view, const Shape& shape);

// The elements row by row without gaps; a copy where they do not lie so.
// Errors: kFormat where elements overlap, so that a copy would be larger than
// the file's own bytes.
TensorView InOrder(const TensorView& view);

// A copy of all parts along the first dimension. Types and other dimensions are
// equal. Errors: as InOrder.
TensorView Concatenate(std::string_view name,
                       const std::vector<TensorView>& parts);

}  // namespace wsel
