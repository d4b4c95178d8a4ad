// Torch-free.
#pragma once

#include <memory>

#include "wsel/checkpoint/allocation_limit.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/mapped_file.h"

namespace wsel::checkpoint {

// Opens one file of a sharded checkpoint, and adds its size to the limit.
using OpenShard = std::unique_ptr<Checkpoint> (*)(
    const std::filesystem::path& path, AllocationLimit& limit);

// Reads model.safetensors.index.json or pytorch_model.bin.index.json, and the
// files in the same folder that it lists. They must be all safetensors or all
// torch files, and hold exactly the tensors that the index lists. Symbolic
// links may only lead into the folder of the index or of what it links to, as
// in Hugging Face's cache. The first file's value of a metadata key is kept.
// Errors: kIo or kFormat if a file is missing or contradicts the index.
std::unique_ptr<Checkpoint> OpenSharded(std::unique_ptr<MappedFile> index,
                                        OpenShard open, AllocationLimit& limit);

}  // namespace wsel::checkpoint
