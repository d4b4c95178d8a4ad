#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "wsel/tensor/source.h"

namespace wsel {

at::ScalarType ToScalarType(DType dtype);
// Errors: kFormat if `type` is not a DType (complex, quantised).
DType FromScalarType(at::ScalarType type);

// The view as a tensor that shares its memory. The memory is read-only: writing
// to the tensor crashes. It must not outlive the view's source.
at::Tensor Borrow(const TensorView& view);

// The elements of a float32 CPU tensor in row-major order.
std::vector<float> ValuesOf(const at::Tensor& tensor);

// The elements of a contiguous CPU tensor as bytes, valid while it lives.
std::span<const std::byte> BytesOf(const at::Tensor& tensor);

}  // namespace wsel
