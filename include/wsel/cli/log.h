// Torch-free.
#pragma once

#include <filesystem>

namespace wsel::cli {

// Sends logs to stderr: warnings and errors alone below 0, notes too at 0,
// details above. Coloured on a terminal, unless NO_COLOR is set.
void SetUpLog(int verbosity);

// Sends them into a file as well, with times; `append` keeps what it holds.
// Errors: kIo.
void LogInto(const std::filesystem::path& path, bool append);

}  // namespace wsel::cli
