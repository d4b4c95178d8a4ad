// Torch-free.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "wsel/report/run.h"

namespace wsel::report {

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
  // The sweep's, else that of the first path.
  std::string name;
  std::vector<Axis> axes;
  std::vector<Run> runs;
  TableOptions table;  // from sweep.json
};

// Reads sweeps, folders of runs, single runs and logs. If runs of different
// paths have the same settings and seed, an axis "folder" distinguishes them.
// Errors: kIo if a path is missing; kFormat if a file is corrupt or a path
// holds no run; kMismatch if two runs still have the same settings and seed.
Experiment ReadExperiment(const std::vector<std::filesystem::path>& paths);

}  // namespace wsel::report
