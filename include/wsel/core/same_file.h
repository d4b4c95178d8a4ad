// Torch-free.
#pragma once

#include <filesystem>
#include <system_error>

namespace wsel {

// Whether both names are of one file, also through links; files need not exist.
inline bool SameFile(const std::filesystem::path& a,
                     const std::filesystem::path& b) {
  std::error_code ignored;  // of missing files
  return a == b || std::filesystem::equivalent(a, b, ignored);
}

}  // namespace wsel
