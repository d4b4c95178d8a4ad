// Torch-free.
#pragma once

#include <filesystem>

namespace wsel::cli {

// Sends logs to stderr: only warnings and errors below 0, info too at 0, debug
// above. Coloured on a terminal unless NO_COLOR is set.
void SetUpLog(int verbosity);

// Also sends logs to a file, with times; `append` keeps its content.
// Errors: kIo.
void AddLogFile(const std::filesystem::path& path, bool append);

}  // namespace wsel::cli
