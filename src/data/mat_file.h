// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "wsel/core/mapped_file.h"

namespace wsel::data {

// A MATLAB 5 file (.mat), little-endian, its variables compressed or not. Every
// size that it claims is held against the bytes that are there before memory is
// made for it. MathWorks, "MAT-File Format", 1-1 to 1-26.
class MatFile {
 public:
  // Errors: kIo; kFormat where it is of another version or byte order.
  explicit MatFile(const std::filesystem::path& path);

  // An array of bytes, columns first, whose shape is [leading..., N]; a last
  // dimension of 1 is not stored. Errors: kFormat where it is not there, of
  // another type or shape, or cut short.
  std::vector<uint8_t> Bytes(const std::string& name,
                             const std::vector<size_t>& leading) const;

  // A vector (N x 1 or 1 x N) of whole numbers from `least` to `most`, of any
  // type. Errors: the same, and for numbers outside.
  std::vector<int64_t> Integers(const std::string& name, int64_t least,
                                int64_t most) const;

 private:
  std::string where_;
  MappedFile file_;
};

}  // namespace wsel::data
