// Torch-free.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "wsel/report/run.h"

namespace wsel::report {

// What varies between runs, with its values in the order in which tables show
// them: the sweep's; else numbers by size, names as they come.
struct Axis {
  std::string name;
  std::vector<std::string> values;
};

// How tables are to be laid out; empty is not said.
struct Wish {
  std::vector<std::string> rows;  // axes
  std::vector<std::string> columns;
  std::string baseline;  // a value of a row's axis, or a row
};

// All that is reported on.
struct Study {
  std::string name;
  std::vector<Axis> axes;
  std::vector<Run> runs;
  Wish wish;  // of sweep.json
};

// Reads sweeps, folders of runs, runs and logs. Runs of several places that
// would fall into one cell with one seed are told apart by an axis "folder".
// Errors: kIo where nothing is there; kFormat for a file that is broken, and
// where a path holds no run; kMismatch where two runs still are the same.
Study ReadStudy(const std::vector<std::filesystem::path>& paths);

}  // namespace wsel::report
