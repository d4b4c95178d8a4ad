// Torch-free.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace wsel {

// Real data and other people's files, which may not be copied here: tests of
// them skip where the folder is absent.
inline std::filesystem::path SharedData() {
  const char* shared = std::getenv("WSEL_SHARED_DATA");
  if (shared != nullptr) return shared;
  return std::filesystem::path(WSEL_SOURCE_DIR) / "../shared/data";
}

}  // namespace wsel
