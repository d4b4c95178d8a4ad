// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "mapped_checkpoint.h"
#include "pickled_tensor.h"

namespace wsel::checkpoint {

// Locates a pickled tensor in `storage`, the bytes of its storage in a file of
// `file_size` bytes. Errors: kFormat at `path` and the tensor, if the storage
// is shorter than declared, if the tensor extends beyond it, or if expanding it
// (stride 0) would take more than the size of the file plus 256 MB.
TensorLocation LocateTensor(const PickledTensor& tensor,
                            std::span<const std::byte> storage,
                            uint64_t file_size, const std::string& path);

}  // namespace wsel::checkpoint
