#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "wsel/cli/app.h"
#include "wsel/core/error.h"
#include "wsel/core/exit_code.h"
#include "wsel/distributed/world.h"

namespace wsel::cli {
namespace {

bool IsFirstRank() {
  try {
    const auto world = distributed::FindWorld(distributed::ProcessEnvironment);
    return !world || world->rank == 0;
  } catch (const Error&) {
    return true;
  }
}

}  // namespace

int ReportErrors(const std::function<void()>& run) {
  try {
    run();
    return 0;
  } catch (const std::exception& e) {
    const ExitReport report = ReportOf(e);
    // All ranks have the same command line, and the first one prints what is
    // wrong with it. Errors of a rank that has met the others do not come here.
    const bool usage = report.code == ExitCodeOf(ErrorKind::kUsage);
    if (!usage || IsFirstRank()) {
      fmt::print(stderr, "wsel: {}\n", report.text);
    }
    return report.code;
  }
}

}  // namespace wsel::cli
