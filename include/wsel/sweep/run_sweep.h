// Torch-free.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "wsel/core/registry.h"
#include "wsel/session/print.h"
#include "wsel/sweep/argv.h"
#include "wsel/sweep/expand.h"
#include "wsel/sweep/sweep_file.h"

namespace wsel::sweep {

// What starts the runs.
enum class Launcher { kLocal, kSlurm, kScript };
const Registry<Launcher>& Launchers();

// A sweep as given on the command line.
struct SweepRequest {
  SweepCall call;
  std::vector<std::string> only;  // names or shell patterns of runs; {}: all
  int jobs = 1;                   // runs in parallel
  std::string launcher = "local";
  std::vector<std::string> slurm;  // options of sbatch
  bool dry_run = false;
};

// What takes LibTorch. In the program without it a call continues in the other
// one, so nothing is read or written before the first.
struct SweepSteps {
  // As train::DevicesOf.
  std::function<std::vector<std::string>(const std::string& device)> devices_of;
  // As DryRunSweep.
  std::function<void(const SweepRequest&, const SweepFile&,
                     const std::vector<PlannedRun>&)>
      dry_run;
  // Continues in the program that has the others, if this one has not.
  std::function<void()> prepare;
};

// Lists the runs with their steps and the time that they take, and missing
// files. Errors: as session::StepCosts and TrainingSteps.
void DryRunSweep(const SweepRequest& request, const SweepFile& file,
                 const std::vector<PlannedRun>& runs,
                 const session::Print& print);

// Checks the request without reading a file. Errors: kUsage.
void CheckSweepRequest(const SweepRequest& request);

// Runs a sweep, as far as it is not finished, submits it to Slurm, or prints
// the script for that; shows progress on stderr. Errors: as CheckSweepRequest,
// ReadSweepFile, Expand, KeepOnly, Launch and SlurmScript; kIo for missing
// files; kInterrupted if a signal stopped it; the kind of the first failed run.
void RunSweep(const SweepRequest& request, const SweepSteps& steps,
              const session::Print& print);

// Prints one line per started run of a sweep's folder, and the number of runs
// in each state. Errors: kIo if there is no sweep; kFormat.
void PrintStatus(const std::string& folder, const session::Print& print);

}  // namespace wsel::sweep
