// Torch-free.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace wsel {

// Real data and third-party files, which may not be redistributed: tests that
// need them are skipped if the folder is missing.
inline std::filesystem::path SharedData() {
  const char* shared = std::getenv("WSEL_SHARED_DATA");
  if (shared != nullptr) return shared;
  return std::filesystem::path(WSEL_SOURCE_DIR) / "../shared/data";
}

}  // namespace wsel
