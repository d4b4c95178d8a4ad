// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wsel/tensor/dtype.h"

namespace wsel {

using Shape = std::vector<int64_t>;

// A tensor's name, shape and type, known without reading its data.
struct TensorSpec {
  std::string name;
  Shape shape;
  DType dtype = DType::kF32;

  bool operator==(const TensorSpec&) const = default;
};

// The number of elements, 1 for a scalar; nothing if a dimension is negative or
// the product of the non-zero dimensions overflows int64_t.
std::optional<int64_t> Numel(const Shape& shape);

// The bytes of all elements; nothing if Numel has no value or they overflow.
std::optional<size_t> ByteCount(const TensorSpec& spec);

// Row-major strides, in elements. Numel(shape) must have a value.
std::vector<int64_t> ContiguousStrides(const Shape& shape);

// "[1152, 384]"
std::string FormatShape(const Shape& shape);

}  // namespace wsel
