#include "wsel/core/exit_code.h"

#include <csignal>
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

}  // namespace wsel
