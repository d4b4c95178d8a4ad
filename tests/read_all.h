// Torch-free.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace wsel {

// A file's bytes; "" if it cannot be read.
inline std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace wsel
