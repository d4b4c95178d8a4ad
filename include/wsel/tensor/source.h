// Torch-free.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "wsel/tensor/spec.h"

namespace wsel {

// A read-only strided view of a tensor's elements, little-endian. `bytes` runs
// from element [0, ..., 0] to the end of the last element addressed; whoever
// creates a view must check it against shape and strides.
struct TensorView {
  TensorSpec spec;
  std::vector<int64_t> strides;  // in elements, >= 0
  std::span<const std::byte> bytes;
  // Keeps `bytes` alive if they do not belong to a mapped file; may be null.
  std::shared_ptr<const void> owner;

  bool IsContiguous() const { return strides == ContiguousStrides(spec.shape); }
};

// Named tensors that are read lazily: an open checkpoint, one with its tensors
// renamed, or synthetic tensors of a test.
class TensorSource {
 public:
  virtual ~TensorSource() = default;

  // All tensors, in file order. Names are unique.
  virtual const std::vector<TensorSpec>& Specs() const = 0;

  // The elements of one tensor. Thread-safe.
  // Errors: kMismatch if there is no such tensor.
  virtual TensorView View(std::string_view name) const = 0;

  // A hint that a tensor is not needed soon: its memory may be reclaimed.
  virtual void Release(std::string_view /*name*/) const {}

  // The spec called `name`, or null.
  const TensorSpec* Find(std::string_view name) const {
    const auto spec = std::ranges::find(Specs(), name, &TensorSpec::name);
    return spec == Specs().end() ? nullptr : &*spec;
  }
};

}  // namespace wsel
