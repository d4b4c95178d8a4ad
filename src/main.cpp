#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "wsel/cli/app.h"
#include "wsel/core/exit_code.h"
#include "wsel/core/signals.h"

int main(int argc, char** argv) {
  wsel::StartSignalThread();
  try {
    wsel::cli::Run(argc, argv);
    return 0;
  } catch (const std::exception& e) {
    const wsel::ExitReport report = wsel::ReportOf(e);
    fmt::print(stderr, "wsel: {}\n", report.text);
    return report.code;
  }
}
