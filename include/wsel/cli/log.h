// Torch-free.
#pragma once

namespace wsel::cli {

// Sends logs to stderr: warnings and errors alone below 0, notes too at 0,
// details above. Coloured on a terminal, unless NO_COLOR is set.
void SetUpLog(int verbosity);

}  // namespace wsel::cli
