// Torch-free.
#pragma once

namespace wsel::cli {

// The program: parses the command line and runs the command. Results go to
// stdout, logs to stderr. Returns after success, help and version. Throws
// wsel::Error for expected failures, other exceptions for bugs.
void Run(int argc, const char* const* argv);

}  // namespace wsel::cli
