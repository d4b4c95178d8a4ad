// Torch-free.
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "wsel/tensor/source.h"

namespace wsel::onnx {

// A tensor that owns its values; `T` must be the type that `dtype` names.
template <typename T>
TensorView OwnTensor(std::string name, Shape shape, DType dtype,
                     std::vector<T> values) {
  const auto owner = std::make_shared<const std::vector<T>>(std::move(values));
  auto strides = ContiguousStrides(shape);
  return {{std::move(name), std::move(shape), dtype},
          std::move(strides),
          std::as_bytes(std::span(*owner)),
          owner};
}

// The elements of a contiguous view, copied, since those of a mapped file need
// not be aligned. `T` must be the type of its dtype.
template <typename T>
std::vector<T> ElementsOf(const TensorView& view) {
  std::vector<T> values(view.bytes.size() / sizeof(T));
  if (!values.empty()) {
    std::memcpy(values.data(), view.bytes.data(), values.size() * sizeof(T));
  }
  return values;
}

}  // namespace wsel::onnx
