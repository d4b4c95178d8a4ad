// Torch-free.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "wsel/core/registry.h"
#include "wsel/sweep/expand.h"

namespace wsel::sweep {

// What a sweep knows of one of its runs.
enum class RunState {
  kWaiting,  // not begun, or stopped and to go on
  kRunning,  // or killed: see RunLock
  kFinished,
  kFailed,
};
// waiting, running, finished, failed
const Registry<RunState>& RunStates();

// run.json in a run's folder: which cell of which sweep the run is, and how it
// stands. `wsel report` reads it.
struct RunRecord {
  std::string sweep;
  Labels labels;
  std::vector<Labels> also;
  uint64_t seed = 0;
  RunState state = RunState::kWaiting;
  std::string error;     // of a failed run, one line
  std::string log_tail;  // the last lines that it printed
  int exit_code = 0;
};

std::string ToJson(const RunRecord& record);

// Errors: kFormat at `where`.
RunRecord RecordFromJson(std::string_view text, const std::string& where);

}  // namespace wsel::sweep
