// Torch-free.
#pragma once

#include <exception>
#include <string>

#include "wsel/core/error.h"

namespace wsel {

// Exit codes of the program, documented in README.md so that scripts can rely
// on them.

inline constexpr int kInternalError = 70;

// An interrupted program's is 128 plus the number of the last stop signal.
int ExitCodeOf(ErrorKind kind);

// The kind of error that a program exited with. Any other code, such as that of
// a killed program, is kIo.
ErrorKind ErrorKindOf(int exit_code);

// How the program reports an exception before it exits.
struct ExitReport {
  int code = 0;
  std::string text;
};
ExitReport ReportOf(const std::exception& exception);

}  // namespace wsel
