// Torch-free.
#pragma once

#include <filesystem>

namespace wsel::sweep {

// Converts the output of `wsel probe --json` to a summary.csv of one row, in
// the format of `wsel train`. Errors: kFormat, kIo.
void SummariseProbe(const std::filesystem::path& output,
                    const std::filesystem::path& run_folder);

}  // namespace wsel::sweep
