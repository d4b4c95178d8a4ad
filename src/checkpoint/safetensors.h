// Torch-free.
#pragma once

#include <memory>

#include "wsel/checkpoint/allocation_limit.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/mapped_file.h"

namespace wsel::checkpoint {

// The longest JSON header that is accepted, as in the safetensors library.
inline constexpr uint64_t kMaxSafetensorsHeader = 100'000'000;

// Reads a safetensors file: eight bytes of header length, a JSON object
// name -> {dtype, shape, data_offsets}, then the data. Stricter than the
// library, so that memory stays within `limit`: at most 16 dimensions, 32,768
// tensors and as many metadata entries, and no string of more than 2 MB.
// Errors: kFormat, with file and tensor.
std::unique_ptr<Checkpoint> OpenSafetensors(std::unique_ptr<MappedFile> file,
                                            AllocationLimit& limit);

}  // namespace wsel::checkpoint
