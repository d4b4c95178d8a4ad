// Torch-free.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "wsel/tensor/spec.h"

namespace wsel {

// A tensor's numbers where they lie: little-endian elements, strided. `bytes`
// runs from element [0, ..., 0] to the end of the last element addressed; it is
// checked against shape and strides by whoever made the view, and never
// written to.
struct TensorView {
  TensorSpec spec;
  std::vector<int64_t> strides;  // in elements, none negative
  std::span<const std::byte> bytes;
  // Keeps `bytes` alive where they belong to no file; may be null.
  std::shared_ptr<const void> owner;

  bool IsContiguous() const { return strides == ContiguousStrides(spec.shape); }
};

// Named tensors that are read when asked for: an open checkpoint, the same
// under other names, or what a test makes up.
class TensorSource {
 public:
  virtual ~TensorSource() = default;

  // All tensors, in the order of the file. Names are unique.
  virtual const std::vector<TensorSpec>& Specs() const = 0;

  // The numbers of one tensor. Safe from several threads at once.
  // Errors: kMismatch where there is no such tensor.
  virtual TensorView View(std::string_view name) const = 0;

  // Says that a tensor's numbers will not be needed soon.
  virtual void Drop(std::string_view /*name*/) const {}

  // The spec called `name`, or null.
  const TensorSpec* Find(std::string_view name) const;
};

}  // namespace wsel
