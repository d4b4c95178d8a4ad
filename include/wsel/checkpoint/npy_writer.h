// Torch-free.
#pragma once

#include <filesystem>
#include <span>

#include "wsel/tensor/spec.h"

namespace wsel::checkpoint {

// Writes a float32 array as numpy.save does (NEP 1, version 1.0), in row-major
// order. The file is written atomically, after its header has been read back.
// `values` must have as many elements as the shape. Errors: kIo.
void WriteNpy(const std::filesystem::path& path, const Shape& shape,
              std::span<const float> values);

}  // namespace wsel::checkpoint
