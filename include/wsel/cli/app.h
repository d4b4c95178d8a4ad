// Torch-free.
#pragma once

namespace wsel::cli {

// The program: parses the command line and runs the command. Results go to
// stdout, logs to stderr. Returns after success, help and version; everything
// else is an exception, wsel::Error where it was foreseen.
void Run(int argc, const char* const* argv);

}  // namespace wsel::cli
