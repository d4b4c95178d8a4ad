#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "wsel/cli/app.h"
#include "wsel/core/error.h"
#include "wsel/core/exit_code.h"
#include "wsel/core/signals.h"
#include "wsel/distributed/world.h"

namespace {

bool IsFirstRank() {
  try {
    const auto world =
        wsel::distributed::FindWorld(wsel::distributed::ProcessEnvironment);
    return !world || world->rank == 0;
  } catch (const wsel::Error&) {
    return true;
  }
}

}  // namespace

int main(int argc, char** argv) {
  wsel::StartSignalThread();
  try {
    wsel::cli::Run(argc, argv);
    return 0;
  } catch (const std::exception& e) {
    const wsel::ExitReport report = wsel::ReportOf(e);
    // All ranks have the same command line, and the first one prints what is
    // wrong with it. Errors of a rank that has met the others do not come here.
    const bool usage = report.code == ExitCodeOf(wsel::ErrorKind::kUsage);
    if (!usage || IsFirstRank()) {
      fmt::print(stderr, "wsel: {}\n", report.text);
    }
    return report.code;
  }
}
