// Torch-free.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "wsel/tensor/spec.h"

namespace wsel::checkpoint {

// Returns the contiguous, little-endian bytes of tensor `i`, which must stay
// valid until the next call. Write() calls it twice per tensor, in order: to
// write, and to verify the file; both calls must return the same bytes.
using TensorBytes = std::function<std::span<const std::byte>(size_t i)>;

// Writes a checkpoint: if the name ends in .pth, .pt or .bin, a file that
// torch.load(weights_only=True) reads, else safetensors. The file is replaced
// atomically, after it has been flushed, reopened and compared with the input.
// Equal arguments give equal bytes. `metadata` becomes safetensors'
// __metadata__, or the record "wsel/metadata.json" of the zip, which torch.load
// ignores. Errors: kIo; kFormat if names, shapes, sizes or metadata are invalid
// (duplicate names, text that is not UTF-8), or if the file does not read back
// identically; what `bytes` throws. On any error an old file is kept.
void Write(const std::filesystem::path& path,
           const std::vector<TensorSpec>& specs, const TensorBytes& bytes,
           const std::map<std::string, std::string>& metadata);

}  // namespace wsel::checkpoint
