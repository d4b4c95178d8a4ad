#pragma once

#include <ATen/core/Tensor.h>

#include "wsel/tensor/source.h"

namespace wsel {

at::ScalarType ToScalarType(DType dtype);
// Errors: kFormat where checkpoints do not hold such elements (complex,
// quantised).
DType FromScalarType(at::ScalarType type);

// The view as a tensor that shares its memory, which is read-only: a write to
// the tensor ends the program. It must not outlive the view's source.
at::Tensor Borrow(const TensorView& view);

// A contiguous CPU tensor's elements as bytes, valid while it lives.
std::span<const std::byte> BytesOf(const at::Tensor& tensor);

}  // namespace wsel
