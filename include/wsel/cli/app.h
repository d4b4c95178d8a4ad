// Torch-free.
#pragma once

#include <functional>

namespace wsel::cli {

struct TorchCommands;

// The program: parses the command line and runs the command. Results go to
// stdout, logs to stderr. Returns after success, help and version. Without
// `torch_commands` it is the program without LibTorch: for what needs it, that
// executes the other one in its place. Throws wsel::Error for expected
// failures, other exceptions for bugs.
void Run(int argc, const char* const* argv,
         const TorchCommands* torch_commands = nullptr);

// Calls `run` and returns the exit code of the program, after it has reported
// on stderr what `run` threw.
int ReportErrors(const std::function<void()>& run);

}  // namespace wsel::cli
