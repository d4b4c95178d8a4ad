// Torch-free.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wsel/core/registry.h"

namespace wsel::run {

enum class RunState {
  kWaiting,  // not started, or stopped and to be resumed
  kRunning,  // or killed, if nobody holds the sweep's lock on the run
  kFinished,
  kFailed,
  kUnfinished,  // fewer epochs than configured; by its log, not by a record
  kUnknown,     // a third-party log; its planned length is unknown
};
// waiting, running, finished, failed, unfinished, log only
const Registry<RunState>& RunStates();

// (axis, label) in the order of the axes, without the seed axis: the runs of
// one table cell have equal labels.
using Labels = std::vector<std::pair<std::string, std::string>>;

// run.json, which a sweep keeps in the folder of each run.
struct RunRecord {
  std::string sweep;
  Labels labels;
  // Other combinations that resolve to the same run, which runs once.
  std::vector<Labels> other_labels;
  std::optional<uint64_t> seed;
  RunState state = RunState::kWaiting;
  std::string error;     // of a failed run, one line
  std::string log_tail;  // the last lines of its output
  int exit_code = 0;
};

std::string ToJson(const RunRecord& record);

// Also reads records of older versions, and ignores keys of newer ones. The
// text is as in the file: not escaped. Errors: kFormat at `where`.
RunRecord RecordFromJson(std::string_view text, const std::string& where);

// A value as the text of a label: a string's characters, other values' JSON.
std::string TextOf(const nlohmann::ordered_json& value);

}  // namespace wsel::run
