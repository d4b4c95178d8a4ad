// Torch-free.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/checkpoint/pickle.h"
#include "wsel/tensor/spec.h"

namespace wsel::checkpoint {

// A tensor as a pickle describes it: a view into a storage that lies
// elsewhere. Nothing in it is checked against that storage yet.
struct PickledTensor {
  TensorSpec spec;
  std::vector<int64_t> strides;  // in elements
  int64_t offset = 0;            // in elements
  std::string storage;           // its key
  int64_t storage_bytes = 0;     // as promised
};

// The tensor that `value` is, looking through parameters and subclasses;
// nothing where it is no tensor. Errors: kFormat, at `path` and `name`, where
// it is one of a kind that is not read (sparse, quantised, complex) or its
// description is broken.
std::optional<PickledTensor> ReadPickledTensor(const PickleValue& value,
                                               std::string_view path,
                                               const std::string& name);

}  // namespace wsel::checkpoint
