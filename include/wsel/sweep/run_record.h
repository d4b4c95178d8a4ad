// Torch-free.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "wsel/core/registry.h"
#include "wsel/sweep/expand.h"

namespace wsel::sweep {

// The state of a run in a sweep.
enum class RunState {
  kWaiting,  // not started, or stopped and to be resumed
  kRunning,  // or killed, if nobody holds SweepFolder::lock
  kFinished,
  kFailed,
};
// waiting, running, finished, failed
const Registry<RunState>& RunStates();

// run.json in a run's folder: its sweep, settings and state. `wsel report`
// reads it.
struct RunRecord {
  std::string sweep;
  Labels labels;
  std::vector<Labels> other_labels;  // as PlannedRun's
  uint64_t seed = 0;
  RunState state = RunState::kWaiting;
  std::string error;     // of a failed run, one line
  std::string log_tail;  // the last lines of its output
  int exit_code = 0;
};

std::string ToJson(const RunRecord& record);

// Also reads records of older versions. Errors: kFormat at `where`.
RunRecord RecordFromJson(std::string_view text, const std::string& where);

}  // namespace wsel::sweep
