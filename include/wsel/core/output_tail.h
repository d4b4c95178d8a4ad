// Torch-free.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace wsel {

// Lines of a failed run's output kept in its record.
inline constexpr size_t kTailLines = 10;

// The last `lines` lines of a file, at most 64 KB; "" if it cannot be read. An
// incomplete last line counts.
std::string Tail(const std::filesystem::path& file, size_t lines);

// The error message in a failed program's output: the last line that begins
// with "wsel: ", without that prefix, or else the last line that
// is not blank.
std::string LastError(const std::string& output);

}  // namespace wsel
