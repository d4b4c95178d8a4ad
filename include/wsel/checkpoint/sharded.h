// Torch-free.
#pragma once

#include <memory>

#include "wsel/checkpoint/allowance.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/mapped_file.h"

namespace wsel::checkpoint {

// Opens a file that is a checkpoint by itself, and adds it to the allowance.
using OpenShard = std::unique_ptr<Checkpoint> (*)(
    const std::filesystem::path& path, Allowance& allowance);

// Reads model.safetensors.index.json, or torch's pytorch_model.bin.index.json,
// and the files beside it that it names. They are all safetensors or all
// torch's, and hold just the tensors that the index says; symbolic links may
// lead to where the index itself lies (Hugging Face's cache) and nowhere else.
// Of metadata the first file's value stays.
// Errors: kIo or kFormat, where a file is missing or not what the index says.
std::unique_ptr<Checkpoint> OpenSharded(std::unique_ptr<MappedFile> index,
                                        OpenShard open, Allowance& allowance);

}  // namespace wsel::checkpoint
