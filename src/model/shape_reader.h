// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wsel/tensor/source.h"

namespace wsel::model {

// A part of tensor names that shows an unsupported architecture.
struct UnsupportedPart {
  std::string_view part;
  std::string_view feature;
};

// Reads a model's sizes from the shapes of a file's tensors. Files are
// untrusted: every size is checked before it is used.
class ShapeReader {
 public:
  explicit ShapeReader(const TensorSource& source) : source_(source) {}

  bool Has(const std::string& name) const {
    return source_.Find(name) != nullptr;
  }
  // The shape of a required tensor with `rank` dimensions, each from 1 to
  // 2^20 - 1. Errors: kMismatch.
  const Shape& Get(const std::string& name, size_t rank) const;
  // The number of dimensions, or 0 if there is no such tensor.
  size_t RankOf(const std::string& name) const;
  // The size of the tensor's first dimension, or 0 if there is no such tensor.
  int64_t ClassesOf(const std::string& name) const;
  // Errors: kMismatch if the norm has a weight, but no bias, as RMSNorm.
  void RequireLayerNorm(const std::string& norm) const;
  // The number of blocks `prefix`0., `prefix`1., ... Errors: kMismatch if one
  // before the last is missing.
  int64_t CountBlocks(const std::string& prefix) const;

 private:
  const TensorSource& source_;
};

// Throws kMismatch about a tensor.
[[noreturn]] void ThrowMismatch(const std::string& tensor,
                                const std::string& message);
// "has shape [3, 4]; `expected`", unless the shape is valid.
void RequireShape(bool valid, const std::string& tensor, const Shape& shape,
                  std::string_view expected);

}  // namespace wsel::model
