// Torch-free.
#pragma once

#include <filesystem>
#include <string_view>

#include "wsel/core/progress.h"

namespace wsel::session {

// Sends logs to stderr: only warnings and errors below 0, info too at 0, debug
// above. Coloured on a terminal unless NO_COLOR is set.
void SetUpLog(int verbosity);

// From now on only errors: for ranks other than the first.
void LogOnlyErrors();

// Also sends logs to a file, with times; `append` keeps its content.
// Errors: kIo.
void AddLogFile(const std::filesystem::path& path, bool append);

// Passes points on to the meter, which must outlive this, where info is logged.
OnProgress ShowOn(ProgressMeter& meter);

// Warns that the file system of `folder` has no locks, and that `lock`.owner
// stands for that one.
void WarnOfFileLock(std::string_view folder, std::string_view lock);

}  // namespace wsel::session
