// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mapped_checkpoint.h"
#include "wsel/checkpoint/pickle.h"
#include "wsel/tensor/spec.h"

namespace wsel::checkpoint {

// A tensor as a pickle describes it: a view of a storage that is elsewhere in
// the file. It has not been checked against that storage yet.
struct PickledTensor {
  TensorSpec spec;
  std::vector<int64_t> strides;  // in elements
  int64_t offset = 0;            // in elements, from view_begin
  std::string_view storage;      // its key in the pickle
  int64_t storage_bytes = 0;     // as declared in the pickle
  // The bytes of the storage that the tensor may use: all, unless the storage
  // is a view of another, as torch before 0.4 wrote them.
  int64_t view_begin = 0;
  int64_t view_bytes = 0;
  // Empty if the tensor is supported; else only spec.name is set beside this.
  std::string unsupported_reason;
};

// The tensor that `value` describes, unwrapping parameters and subclasses, or
// nothing if it is not a tensor. Sparse, quantised, nested, complex, meta and
// lazily negated tensors and NumPy arrays have an unsupported_reason.
// Errors: kFormat at `path` and `name` if the description is invalid.
std::optional<PickledTensor> ReadPickledTensor(const PickleValue& value,
                                               std::string_view path,
                                               const std::string& name);

// Locates a pickled tensor in `storage`, the bytes of its storage in a file of
// `file_size` bytes. Errors: kFormat at `path` and the tensor, if the storage
// is shorter than declared, if the tensor extends beyond it, or if expanding it
// (stride 0) would take more than the size of the file plus 256 MB.
TensorLocation LocateTensor(const PickledTensor& tensor,
                            std::span<const std::byte> storage,
                            uint64_t file_size, const std::string& path);

// The class of a dtype's storage, "FloatStorage"; "" for dtypes that are newer
// than typed storages.
std::string_view StorageClass(DType dtype);

// A storage as tensors refer to it.
struct PickledStorage {
  std::string_view key;
  int64_t element_size = 0;  // in bytes
  int64_t count = 0;         // of elements, as declared
};

// The storage that a node of kind kPersistent refers to, or nothing if it
// refers to something else (a module's source). Errors: kFormat at `path`.
std::optional<PickledStorage> ReadPickledStorage(const PickleNode& node,
                                                 std::string_view path);

}  // namespace wsel::checkpoint
