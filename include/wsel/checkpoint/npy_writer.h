// Torch-free.
#pragma once

#include <filesystem>
#include <span>

#include "wsel/tensor/spec.h"

namespace wsel::checkpoint {

// Writes an array as numpy.save does (NEP 1, version 1.0): float32, row by row.
// The file appears whole or not at all; before it does, it is read back.
// `numbers` has as many elements as the shape. Errors: kIo.
void WriteNpy(const std::filesystem::path& path, const Shape& shape,
              std::span<const float> numbers);

}  // namespace wsel::checkpoint
