// Torch-free.
#pragma once

#include <cstdint>
#include <string>

#include "wsel/model/detect.h"

namespace wsel::model {

// Reads a model's sizes off the tensors of a file. Shapes are anybody's
// numbers: each is checked before it is used.
class ShapeReader {
 public:
  explicit ShapeReader(const TensorSource& source) : source_(source) {}

  bool Has(const std::string& name) const {
    return source_.Find(name) != nullptr;
  }
  // The shape of a tensor that must be there, with `rank` dimensions between 1
  // and 2^20 - 1. Errors: kMismatch.
  const Shape& Get(const std::string& name, size_t rank) const;
  // The size of the tensor's first dimension, or 0 where it is not there.
  int64_t ClassesOf(const std::string& name) const;
  // How many of `prefix`0., `prefix`1., ... there are. Errors: kMismatch where
  // one is missing before the last.
  int64_t CountBlocks(const std::string& prefix) const;

 private:
  const TensorSource& source_;
};

// Throws kMismatch about a tensor.
[[noreturn]] void Refuse(const std::string& tensor, const std::string& message);

Detection DetectVit(const TensorSource& source, const Hints& hints);
Detection DetectConvNext(const TensorSource& source, const Hints& hints);

// The name, and the check that the model can be built.
void Finish(Detection& detection, const std::string& tensor);

}  // namespace wsel::model
