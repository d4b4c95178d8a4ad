#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <new>
#include <system_error>

#include "wsel/cli/app.h"
#include "wsel/core/error.h"
#include "wsel/core/exit_code.h"

namespace wsel::cli {

int ReportErrors(const std::function<void()>& run) {
  try {
    run();
    return 0;
  } catch (const Error& e) {
    fmt::print(stderr, "wsel: {}\n", e.what());
    return ExitCodeOf(e.kind());
  } catch (const std::system_error& e) {
    // Thrown by fmt and the standard library if a system call fails.
    fmt::print(stderr, "wsel: {}\n", e.what());
    return ExitCodeOf(ErrorKind::kIo);
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "wsel: out of memory\n");
    return ExitCodeOf(ErrorKind::kIo);
  } catch (const std::exception& e) {
    fmt::print(stderr,
               "wsel: internal error: {}\nThis is a bug in wsel; please report "
               "it with the command line.\n",
               e.what());
    return kInternalError;
  }
}

}  // namespace wsel::cli
