// Torch-free.
#pragma once

#include <filesystem>

namespace wsel {

// Executes `program` in place of this process, with main's `argv`, so that the
// process keeps its name, its files and the signals that were blocked when it
// started. Returns only if that failed; errno then says why.
void ReplaceProcess(const std::filesystem::path& program,
                    const char* const* argv);

}  // namespace wsel
