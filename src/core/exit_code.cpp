#include "wsel/core/exit_code.h"

#include <csignal>
#include <new>
#include <system_error>
#include <utility>

#include "wsel/core/signals.h"

namespace wsel {
namespace {

constexpr std::pair<ErrorKind, int> kCodes[] = {
    {ErrorKind::kUsage, 2},  {ErrorKind::kConfig, 3},   {ErrorKind::kIo, 4},
    {ErrorKind::kFormat, 5}, {ErrorKind::kMismatch, 6},
};

}  // namespace

int ExitCodeOf(ErrorKind kind) {
  for (const auto& [known, code] : kCodes) {
    if (known == kind) return code;
  }
  return LastStopSignal() == SIGTERM ? 143 : 130;  // kInterrupted
}

ErrorKind ErrorKindOf(int exit_code) {
  for (const auto& [kind, code] : kCodes) {
    if (code == exit_code) return kind;
  }
  return ErrorKind::kIo;
}

ExitReport ReportOf(const std::exception& exception) {
  const std::string text = exception.what();
  if (const auto* error = dynamic_cast<const Error*>(&exception)) {
    return {ExitCodeOf(error->kind()), text};
  }
  // Thrown by fmt and the standard library if a system call fails.
  if (dynamic_cast<const std::system_error*>(&exception) != nullptr) {
    return {ExitCodeOf(ErrorKind::kIo), text};
  }
  if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr) {
    return {ExitCodeOf(ErrorKind::kIo), "out of memory"};
  }
  return {kInternalError,
          "internal error: " + text +
              "\nThis is a bug in wsel; please report it with the command "
              "line."};
}

}  // namespace wsel
