// Torch-free.
#pragma once

#include <fmt/ranges.h>

#include <string>
#include <string_view>
#include <vector>

#include "wsel/report/report.h"

namespace wsel::report {

// The text of one cell: the parts of "**86.63 +- 0.09** (up 4.09)".
struct GridText {
  std::string text;
  // Follows in small print: a change, a number of runs.
  std::string remark = "";
  bool bold = false;
};

// A table as text, which formats only escape and lay out. Its non-ASCII
// characters: plus-minus, arrows up and down, en dash, ellipsis, minus.
struct Grid {
  std::string title;
  std::vector<std::string> header;
  std::vector<std::vector<GridText>> rows = {};  // as long as the header
  std::vector<std::string> captions = {};        // sentences below it
  size_t labels = 1;  // leading columns that label the row
};

// Placeholder of an empty cell: an en dash.
inline constexpr const char* kNothing = "\u2013";

// A row as text: each cell as `text` returns it.
template <typename T>
std::string Joined(const std::vector<T>& cells, const auto& text,
                   std::string_view separator) {
  std::vector<std::string> texts;
  for (const T& cell : cells) texts.push_back(text(cell));
  return fmt::to_string(fmt::join(texts, separator));
}

// Header of the row labels, such as "init"; "run" without row axes.
std::string RowTitle(const Report& report);

// What the accuracies of the report are: "top-1", or "mAP" of images with
// several labels; "top-1 or mAP" if there are runs of both.
std::string ScoreName(const Report& report);
// The same at the beginning of a title: "Top-1".
std::string ScoreTitle(const Report& report);

// Header of a column; ScoreName without column axes.
std::string ColumnTitle(const Report& report, size_t column);

// The names of axes, "init, data"; "" without axes.
std::string NamesOf(const Experiment& experiment,
                    const std::vector<size_t>& axes);

// "6 of 8 runs are finished; 1 running, 1 failed."
std::string StatusLine(const Report& report);

// Top-1 after the last epoch, and the best of all epochs.
Grid LastGrid(const Report& report);
Grid BestGrid(const Report& report);
// Of the best weights: top-1 on test images that did not choose them, and
// balanced accuracy and macro F1. No rows where there are none, and of the last
// two none where the first is everywhere top-1, as with classes of equal size.
Grid TestGrid(const Report& report);
Grid BalancedAccuracyGrid(const Report& report);
Grid MacroF1Grid(const Report& report);
// Of images with several labels.
Grid SubsetAccuracyGrid(const Report& report);
// The confusion matrices of the best weights, one per run, in a report of up to
// four runs.
std::vector<Grid> ConfusionGrids(const Report& report);
// Paired differences from the baseline; no rows without one.
Grid ComparisonGrid(const Report& report);
// Epochs to the target accuracies, one grid per column of the report.
std::vector<Grid> EpochsToAccuracyGrids(const Report& report);
// Configuration keys that differ between rows; may have no rows.
Grid DifferenceGrid(const Report& report);
// The runs that tables leave out, and why; may have no rows.
Grid UncountedRunsGrid(const Report& report);
// The source of every value: each run with its configuration's digest.
Grid ProvenanceGrid(const Report& report);
// Notes from reading the logs, each "run: note".
std::vector<std::string> Notes(const Report& report);

// All grids above that have rows, except the provenance.
std::vector<Grid> Grids(const Report& report);

// "86.63" and "86.63 +- 0.09", with a real plus-minus sign.
std::string Accuracy(double percent);
std::string MeanStdText(const MeanStd& value);

}  // namespace wsel::report
