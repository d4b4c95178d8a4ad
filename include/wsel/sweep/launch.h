// Torch-free.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "wsel/sweep/commands.h"
#include "wsel/sweep/expand.h"
#include "wsel/sweep/run_record.h"
#include "wsel/sweep/sweep_folder.h"

namespace wsel::sweep {

struct LaunchOptions {
  std::string program;  // the file of wsel
  int jobs = 1;         // runs at once
  int threads = 0;      // of one run; 0: all
  // One for each job in turn; {}: "auto".
  std::vector<std::string> devices;
  bool retry_failed = false;
  std::function<int()> stop;  // the signal that asks to stop; 0: none
  // Called a few times a second, and with the run's name at each change of its
  // state.
  std::function<void()> on_wait;
  std::function<void(const std::string& run, const RunRecord&)> on_change;
};

// What became of a sweep's runs.
struct Tally {
  int finished = 0;  // now or before
  int failed = 0;
  int elsewhere = 0;  // under way by another process
  int waiting = 0;    // stopped, or not begun when the stop came
  int exit_code = 0;  // of the first that failed
};

// Writes down the runs that nobody has begun, as waiting. Errors: kIo.
void Enlist(const SweepFile& sweep, const std::vector<PlannedRun>& runs,
            const SweepFolder& folder);

// Makes all runs on this machine, each in a process and a folder of its own.
// What is finished is not repeated, what was begun goes on, a failed run is
// recorded and left, and a run that another process has is left to it. A stop
// is passed on to the runs, which save and end. Errors: kIo of the sweep's own
// files; those of runs are records.
Tally Launch(const SweepFile& sweep, const std::vector<PlannedRun>& runs,
             const SweepFolder& folder, const LaunchOptions& options);

}  // namespace wsel::sweep
