// Torch-free.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "wsel/report/cell.h"
#include "wsel/report/layout.h"
#include "wsel/report/study.h"

namespace wsel::report {

// A key of the configuration that rows have otherwise.
struct Difference {
  std::string path;
  std::vector<std::string> values;  // a row each; of several runs, all of them
};

// All that any format shows; formats decide nothing but form.
struct Report {
  Study study;
  Layout layout;
  std::vector<std::vector<Cell>> cells;  // [row][column]
  std::vector<Difference> differences;
  std::vector<double> accuracies;  // that were asked for; empty: of a column
  std::string version;             // of the program that made it
  std::string command;
};

struct Options {
  Wish wish;
  // Percent, of which the epochs to reach them are told; empty: round ones.
  std::vector<double> accuracies;
};

// Errors: as ChooseLayout.
Report MakeReport(Study study, const Options& options);

// How many runs are in `state`.
size_t Count(const Report& report, RunState state);

// The most runs that a cell counts: tables say the n of cells with fewer.
int64_t UsualCount(const Report& report);

// The axes' names, "init, data"; "" for none.
std::string NamesOf(const Study& study, const std::vector<size_t>& axes);

}  // namespace wsel::report
