// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wsel/tensor/dtype.h"

namespace wsel {

using Shape = std::vector<int64_t>;

// What is known of a tensor before its numbers are read.
struct TensorSpec {
  std::string name;
  Shape shape;
  DType dtype = DType::kF32;

  bool operator==(const TensorSpec&) const = default;
};

// The number of elements, 1 for a scalar; nothing where a dimension is negative
// or the count does not fit int64_t.
std::optional<int64_t> ElementCount(const Shape& shape);

// Row-major strides, in elements. The shape has an ElementCount.
std::vector<int64_t> ContiguousStrides(const Shape& shape);

// "[1152, 384]"
std::string FormatShape(const Shape& shape);

}  // namespace wsel
