// Torch-free.
#pragma once

#include <filesystem>

namespace wsel {

// Creates a folder and those above it, unless they exist. Errors: kIo.
void CreateFolder(const std::filesystem::path& path);

}  // namespace wsel
