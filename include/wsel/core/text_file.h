// Torch-free.
#pragma once

#include <filesystem>
#include <string>

namespace wsel {

// A whole text file that a person or this program wrote. Errors: kIo where it
// cannot be read or is larger than 256 MB.
std::string ReadText(const std::filesystem::path& path);

}  // namespace wsel
