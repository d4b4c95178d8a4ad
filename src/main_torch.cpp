#include "wsel/cli/app.h"
#include "wsel/cli/torch_app.h"
#include "wsel/core/signals.h"

int main(int argc, char** argv) {
  wsel::StartSignalThread();
  return wsel::cli::ReportErrors(
      [&] { wsel::cli::RunWithLibTorch(argc, argv); });
}
