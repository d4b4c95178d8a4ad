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

// Names and values in a fixed order.
using Pairs = std::vector<std::pair<std::string, std::string>>;

// "" if there is no such name.
std::string_view ValueOf(const Pairs& pairs, std::string_view name);

// How the best weights did on test images that did not choose them, in percent.
struct TestResult {
  double top1 = 0;  // of several labels per image: mAP
  std::optional<double> balanced_accuracy = 0;  // not of several labels
  double macro_f1 = 0;
  std::optional<double> subset_accuracy = {};  // only of several labels
};

// The images of each class, a row, by predicted class.
struct Confusion {
  std::vector<std::string> classes;
  std::vector<std::vector<int64_t>> counts;  // [classes, classes]
};

// One training, read from its folder or log. All text went through EscapeText.
struct Run {
  std::filesystem::path path;
  std::string path_text;  // `path`, safe to display
  std::string name;       // of the folder or file
  std::string sweep;      // its sweep's name; "": in none
  Pairs settings;         // its value of each axis: ("init", "uniform")
  // Other combinations of a sweep that resolve to this run: it counts in the
  // cell of each.
  std::vector<Pairs> other_settings;
  // A copy for one of other_settings: lists and totals leave it out.
  bool is_alias = false;
  std::optional<uint64_t> seed;
  RunState state = RunState::kUnknown;
  std::string error;           // of a failed run
  std::string log_tail;        // the last lines of its output
  int64_t epochs_planned = 0;  // 0: unknown
  int64_t patience = 0;        // train.patience; 0: none
  std::optional<TestResult> test;
  std::optional<Confusion> confusion;  // of the best weights; of few classes
  run::Log log;
  // config.json flattened, "optimizer.lr" -> "0.001", in file order, with the
  // current names of renamed keys; and the file's SHA-256.
  Pairs config;
  std::string config_digest;
  // From the metadata of its initial checkpoint and of the weights that it
  // wrote: "wsel.plan.sha256" and the like.
  Pairs provenance;
};

// Whether `folder` is a run's: it has a config.json, run.json, summary.csv or
// official log.txt.
bool IsRunFolder(const std::filesystem::path& folder);

// Reads a run's folder or a single log. Runs of a sweep have their settings,
// seed and state in run.json. Others are named after their folder without the
// seed at its end ("uniform-seed0", or "uniform-0" if the seed is 0), so that
// runs that differ only in the seed share a name. Errors: kIo; kFormat with
// file and line or JSON path.
Run ReadRun(const std::filesystem::path& path);

// What varies between runs, with its values in the order of tables: that of the
// sweep; else numbers ascending, and names in order of appearance.
struct Axis {
  std::string name;
  std::vector<std::string> values;
};

// How to lay out tables; empty: the default.
struct TableOptions {
  std::vector<std::string> rows;  // axes
  std::vector<std::string> columns;
  std::string baseline;  // a value of a row axis, or a row's label
};

// All runs that one report reads.
struct Experiment {
  // The sweep's, or of several "a, b"; else those of the paths.
  std::string name;
  std::string about;  // the sweep's, what it compares; "": not stated
  std::vector<Axis> axes;
  std::vector<Run> runs;
  // Runs that could not be read and are left out, each "file: why".
  std::vector<std::string> unread;
  TableOptions table;  // from sweep.json
};

// Reads sweeps, folders of runs, single runs and logs. If runs of different
// paths have the same settings and seed, an axis "folder" distinguishes them.
// A run that cannot be read is left out, unless none is left. Errors: kIo if a
// path is missing; kFormat if a sweep.json or all runs are corrupt, or a path
// holds no run; kMismatch if two runs still have the same settings and seed.
Experiment ReadExperiment(const std::vector<std::filesystem::path>& paths);

}  // namespace wsel::report
