// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wsel/report/log.h"

namespace wsel::report {

enum class RunState {
  kWaiting,
  kRunning,
  kFinished,
  kFailed,
  kUnfinished,  // has fewer epochs than its configuration asks for
  kUnknown,     // a foreign log: who wrote it did not say how long it will be
};

// "finished", ...
std::string_view NameOf(RunState state);

// What a run has of an axis: ("init", "uniform").
struct Setting {
  std::string axis;
  std::string value;
};

// One training, as its folder or its log tells it. All text is Printable.
struct Run {
  std::filesystem::path path;
  std::string path_text;  // as it may be shown
  std::string name;       // of the folder or file
  std::vector<Setting> settings;
  // Where a sweep comes to the same run by other settings, those: it counts in
  // each of the cells.
  std::vector<std::vector<Setting>> also;
  bool again = false;  // the run is in another cell and listed there
  std::optional<int64_t> seed;
  RunState state = RunState::kUnknown;
  std::string error;           // of a failed one
  std::string log_tail;        // its last lines
  int64_t epochs_planned = 0;  // 0: not known
  Log log;
  // config.json, "optimizer.lr" -> "0.001", in its order; and its SHA-256.
  std::vector<std::pair<std::string, std::string>> config;
  std::string config_digest;
  // Of the weights that it began with and of those it wrote, as their files'
  // metadata say it: "wsel.plan.sha256" and the like.
  std::vector<std::pair<std::string, std::string>> provenance;
};

// "" where the run has none of the axis.
std::string_view ValueOf(const Run& run, std::string_view axis);

// Whether `folder` is that of a run: it has a config.json, a run.json, a
// summary.csv, or an official log.txt.
bool IsRunFolder(const std::filesystem::path& folder);

// A run's folder, or a log alone. A folder of a sweep has its settings, seed
// and state in run.json; another's run is called by its folder, whose name
// loses the seed at its end ("uniform-0", where the seed is 0, or
// "uniform-seed0"), so that runs that differ in the seed alone are called
// alike. Errors: kIo; kFormat with file and line or JSON path.
Run ReadRun(const std::filesystem::path& path);

}  // namespace wsel::report
