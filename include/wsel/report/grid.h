// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "wsel/report/report.h"

namespace wsel::report {

// One cell as text: "**86.63 +- 0.09** (up 4.09)" in parts.
struct GridText {
  std::string text;
  std::string remark;  // behind it, in small: a change, a number of runs
  bool bold = false;
};

// A table as text, which formats need only escape and frame. Special characters
// are few: plus-minus, arrows up and down, en dash, ellipsis, minus.
struct Grid {
  std::string title;
  std::vector<std::string> header;
  std::vector<std::vector<GridText>> rows;  // as long as the header
  std::vector<std::string> captions;        // sentences below it
  size_t labels = 1;  // columns at the left that name the row
};

// "6 of 8 runs are finished; 1 is running, 1 failed."
std::string StatusLine(const Report& report);

// Accuracy after the last epoch, and the best of all epochs.
Grid LastGrid(const Report& report);
Grid BestGrid(const Report& report);
// Paired differences to the baseline; no rows where there is none.
Grid ComparisonGrid(const Report& report);
// Epochs to reach an accuracy, a grid for each column of the report.
std::vector<Grid> ReachGrids(const Report& report);
// What the configurations of the rows have otherwise; may have no rows.
Grid DifferenceGrid(const Report& report);
// The runs that no table counts, and why; may have no rows.
Grid OpenRunsGrid(const Report& report);
// Where every number comes from: each run with its configuration's digest.
Grid ProvenanceGrid(const Report& report);
// What readers of logs had to remark, "run: note".
std::vector<std::string> Notes(const Report& report);

// All of these that have rows, but for the provenance.
std::vector<Grid> Grids(const Report& report);

// "86.63" and "86.63 +- 0.09", with the sign as a character.
std::string Accuracy(double percent);
std::string SpreadText(const Spread& spread);

}  // namespace wsel::report
