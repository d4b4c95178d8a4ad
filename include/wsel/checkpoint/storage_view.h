// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "wsel/checkpoint/mapped_checkpoint.h"
#include "wsel/checkpoint/pickled_tensor.h"

namespace wsel::checkpoint {

// Where a pickled tensor lies in `storage`, the bytes found for it in a file of
// `file_size` bytes. Errors: kFormat, at `path` and the tensor, where the
// storage is shorter than promised, the tensor reaches beyond it, or it repeats
// its elements (stride 0) to more than the file and 256 MB.
TensorPlace PlaceTensor(const PickledTensor& tensor,
                        std::span<const std::byte> storage, uint64_t file_size,
                        const std::string& path);

}  // namespace wsel::checkpoint
