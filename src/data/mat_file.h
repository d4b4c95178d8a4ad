// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "wsel/core/mapped_file.h"

namespace wsel::data {

// A little-endian MATLAB 5 file (.mat), with or without compressed variables.
// Sizes are checked against the bytes present before memory is allocated.
// Source: MathWorks, "MAT-File Format", 1-1 to 1-26.
class MatFile {
 public:
  // Errors: kIo; kFormat if it has another version or byte order.
  explicit MatFile(const std::filesystem::path& path);

  // An array of bytes of shape [leading..., N] in Fortran order; a last
  // dimension of 1 may be missing in the file. Errors: kFormat if it is
  // missing, truncated, or of another type or shape.
  std::vector<uint8_t> Bytes(const std::string& name,
                             const std::vector<size_t>& leading) const;

  // A vector (N x 1 or 1 x N) of integers from `min` to `max`, of any type.
  // Errors: the same, and for values out of range.
  std::vector<int64_t> Integers(const std::string& name, int64_t min,
                                int64_t max) const;

 private:
  std::string where_;
  MappedFile file_;
};

}  // namespace wsel::data
