// Torch-free.
#pragma once

#include <filesystem>

namespace wsel::sweep {

// Turns what `wsel probe --json` printed into a summary.csv of one row, as a
// training's. Errors: kFormat, kIo.
void SummarizeProbe(const std::filesystem::path& printed,
                    const std::filesystem::path& run_folder);

}  // namespace wsel::sweep
