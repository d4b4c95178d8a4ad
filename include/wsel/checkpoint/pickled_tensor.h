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
  int64_t offset = 0;            // in elements, from view_begin
  std::string_view storage;      // its key, in the pickle
  int64_t storage_bytes = 0;     // as promised
  // The bytes of the storage that the tensor may use: all of them, but for
  // storages that are views of others, as torch before 0.4 wrote them.
  int64_t view_begin = 0;
  int64_t view_bytes = 0;
  // Why it is not read, and then nothing but spec.name is set; else empty.
  std::string refusal;
};

// The tensor that `value` is, looking through parameters and subclasses;
// nothing where it is no tensor. Sparse, quantised, nested, complex and lazily
// negated tensors, those without numbers and NumPy's arrays have a refusal.
// Errors: kFormat, at `path` and `name`, where the description is broken.
std::optional<PickledTensor> ReadPickledTensor(const PickleValue& value,
                                               std::string_view path,
                                               const std::string& name);

// A storage as tensors refer to it, of whatever type.
struct PickledStorage {
  std::string_view key;
  int64_t element_size = 0;  // in bytes
  int64_t count = 0;         // of elements, as promised
};

// The storage that a node of kind kPersistent names; nothing where it names
// something else (a module's source). Errors: kFormat, at `path`.
std::optional<PickledStorage> ReadPickledStorage(const PickleNode& node,
                                                 std::string_view path);

}  // namespace wsel::checkpoint
