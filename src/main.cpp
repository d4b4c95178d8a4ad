#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <system_error>

#include "wsel/cli/app.h"
#include "wsel/core/error.h"
#include "wsel/core/signals.h"

namespace {

// Documented in README.md, so that scripts can rely on them.
int ExitCode(wsel::ErrorKind kind) {
  switch (kind) {
    case wsel::ErrorKind::kUsage:
      return 2;
    case wsel::ErrorKind::kConfig:
      return 3;
    case wsel::ErrorKind::kIo:
      return 4;
    case wsel::ErrorKind::kFormat:
      return 5;
    case wsel::ErrorKind::kMismatch:
      return 6;
    case wsel::ErrorKind::kInterrupted:
      return wsel::LastStopSignal() == SIGTERM ? 143 : 130;
  }
  return 70;
}

}  // namespace

int main(int argc, char** argv) {
  wsel::StartSignalThread();
  try {
    wsel::cli::Run(argc, argv);
    return 0;
  } catch (const wsel::Error& e) {
    fmt::print(stderr, "wsel: {}\n", e.what());
    return ExitCode(e.kind());
  } catch (const std::system_error& e) {
    // Thrown by fmt and the standard library if a system call fails.
    fmt::print(stderr, "wsel: {}\n", e.what());
    return ExitCode(wsel::ErrorKind::kIo);
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "wsel: out of memory\n");
    return ExitCode(wsel::ErrorKind::kIo);
  } catch (const std::exception& e) {
    fmt::print(stderr,
               "wsel: internal error: {}\nThis is a bug in wsel; please report "
               "it with the command line.\n",
               e.what());
    return 70;
  }
}
