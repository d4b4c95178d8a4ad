// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wsel/run/log.h"
#include "wsel/run/run_record.h"

namespace wsel::report {

using run::Epoch;
using run::RunState;

// "finished", ...
std::string_view NameOf(RunState state);

// A run's value of one axis: ("init", "uniform").
struct Setting {
  std::string axis;
  std::string value;
};

// One training, read from its folder or log. All text went through EscapeText.
struct Run {
  std::filesystem::path path;
  std::string path_text;  // `path`, safe to display
  std::string name;       // of the folder or file
  std::string sweep;      // its sweep's name; "": in none
  std::vector<Setting> settings;
  // Other combinations of a sweep that resolve to this run: it counts in the
  // cell of each.
  std::vector<std::vector<Setting>> other_settings;
  // A copy for one of other_settings: lists and totals leave it out.
  bool is_alias = false;
  std::optional<uint64_t> seed;
  RunState state = RunState::kUnknown;
  std::string error;           // of a failed run
  std::string log_tail;        // the last lines of its output
  int64_t epochs_planned = 0;  // 0: unknown
  run::Log log;
  // config.json flattened, "optimizer.lr" -> "0.001", in file order, with the
  // current names of renamed keys; and the file's SHA-256.
  std::vector<std::pair<std::string, std::string>> config;
  std::string config_digest;
  // From the metadata of its initial checkpoint and of the weights that it
  // wrote: "wsel.plan.sha256" and the like.
  std::vector<std::pair<std::string, std::string>> provenance;
};

// "" if the run has no value of the axis.
std::string_view ValueOf(const Run& run, std::string_view axis);

// Whether `folder` is a run's: it has a config.json, run.json, summary.csv or
// official log.txt.
bool IsRunFolder(const std::filesystem::path& folder);

// Reads a run's folder or a single log. Runs of a sweep have their settings,
// seed and state in run.json. Others are named after their folder without the
// seed at its end ("uniform-seed0", or "uniform-0" if the seed is 0), so that
// runs that differ only in the seed share a name. Errors: kIo; kFormat with
// file and line or JSON path.
Run ReadRun(const std::filesystem::path& path);

}  // namespace wsel::report
