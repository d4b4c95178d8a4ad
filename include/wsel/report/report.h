// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "wsel/report/cell.h"
#include "wsel/report/experiment.h"
#include "wsel/report/layout.h"

namespace wsel::report {

// A configuration key with different values between rows.
struct ConfigDifference {
  std::string path;                 // "optimizer.lr"
  std::vector<std::string> values;  // one per row, joined if its runs differ
};

// The configuration keys that differ between rows within a column, except those
// that must differ (the seed) or do not affect results (data paths, threads).
std::vector<ConfigDifference> FindDifferences(
    const Experiment& experiment, const std::vector<std::vector<Cell>>& cells);

// Everything that formats show; they only decide how it looks.
struct Report {
  Experiment experiment;
  Layout layout;
  std::vector<std::vector<Cell>> cells;  // [row][column]
  std::vector<ConfigDifference> differences;
  std::vector<double> target_accuracies;  // percent; empty: round ones
  std::string version;                    // of the program that wrote it
  std::string command;
};

struct ReportOptions {
  TableOptions table = {};
  // Targets of the epochs-to-accuracy tables, in percent; empty: round ones,
  // chosen per column.
  std::vector<double> target_accuracies;
};

// Errors: kUsage for a target that is not a percentage.
void Validate(const ReportOptions& options);

// Errors: as ChooseLayout.
Report MakeReport(Experiment experiment, const ReportOptions& options);

}  // namespace wsel::report
