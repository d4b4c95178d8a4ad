#include "wsel/cli/app.h"
#include "wsel/core/signals.h"

int main(int argc, char** argv) {
  wsel::StartSignalThread();
  return wsel::cli::ReportErrors([&] { wsel::cli::Run(argc, argv); });
}
