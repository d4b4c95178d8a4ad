// Torch-free.
#pragma once

#include <cstdint>
#include <string>

#include "wsel/model/detect.h"

namespace wsel::model {

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
  // The size of the tensor's first dimension, or 0 if there is no such tensor.
  int64_t ClassesOf(const std::string& name) const;
  // The number of blocks `prefix`0., `prefix`1., ... Errors: kMismatch if one
  // before the last is missing.
  int64_t CountBlocks(const std::string& prefix) const;

 private:
  const TensorSource& source_;
};

// Throws kMismatch about a tensor.
[[noreturn]] void ThrowMismatch(const std::string& tensor,
                                const std::string& message);

Detection DetectVit(const TensorSource& source, const Hints& hints);
Detection DetectConvNext(const TensorSource& source, const Hints& hints);

// Sets the name and checks that the model can be built. Errors: kMismatch.
void Finish(Detection& detection, const std::string& tensor);

}  // namespace wsel::model
