// Torch-free.
#pragma once

#include <filesystem>
#include <string>

namespace wsel {

// Reads a whole text file. Errors: kIo if it cannot be read or is larger than
// 256 MB.
std::string ReadText(const std::filesystem::path& path);

}  // namespace wsel
