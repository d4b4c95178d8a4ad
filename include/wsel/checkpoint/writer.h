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

// The contiguous, little-endian bytes of tensor `i`. They are needed until the
// next call. Write() asks for each tensor twice, in order: to write it, and to
// compare the file with it; both times it must give the same.
using TensorBytes = std::function<std::span<const std::byte>(size_t i)>;

// Writes a checkpoint: a file that torch.load(weights_only=True) reads where
// the name ends in .pth, .pt or .bin, else safetensors. The file appears whole
// or not at all: it is flushed, reopened and compared with `specs` first.
// Equal arguments give equal bytes. `metadata` becomes safetensors'
// __metadata__, or the record "wsel/metadata.json" of the zip, which
// torch.load passes over.
// Errors: kIo; kFormat where names, shapes, sizes or metadata cannot be written
// (two of one name, text that is not UTF-8), or what was written does not read
// back. What `bytes` throws passes through, and an old file stays.
void Write(const std::filesystem::path& path,
           const std::vector<TensorSpec>& specs, const TensorBytes& bytes,
           const std::map<std::string, std::string>& metadata);

}  // namespace wsel::checkpoint
