// Torch-free.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace wsel::sweep {

// Lines of a failed run's output that its record keeps.
inline constexpr size_t kTailLines = 10;

// The last `lines` lines of a file, of its last 64 KB at most; "" where it
// cannot be read. An unfinished last line counts.
std::string Tail(const std::filesystem::path& file, size_t lines);

// What a failed program said: its last line that begins with "wsel: ", without
// that, or else its last line.
std::string LastError(const std::string& output);

}  // namespace wsel::sweep
