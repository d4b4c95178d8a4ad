// Torch-free.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace wsel {

// What Excel and PowerShell put before a text in UTF-8.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Reads a whole text file, without UTF-8's byte order mark. Errors: kIo if it
// cannot be read or is larger than 256 MB.
std::string ReadText(const std::filesystem::path& path);

}  // namespace wsel
