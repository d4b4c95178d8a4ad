#include <fmt/format.h>

#include "grid_text.h"

namespace wsel::report {
namespace {

std::string EpochsText(const std::optional<MeanStd>& epochs) {
  if (!epochs) return "not reached";
  if (!epochs->std) return fmt::format("{}", epochs->mean);
  return fmt::format("{:.1f} \u00B1 {:.1f}", epochs->mean, *epochs->std);
}

Grid EpochsToAccuracyGrid(const Report& report, size_t column) {
  Grid grid = {"Epochs to top-1 accuracy", {RowTitle(report)}, {}, {}};
  if (report.layout.columns.size() > 1) {
    grid.title += ", " + ColumnTitle(report, column);
  }
  for (size_t row = 0; row < report.cells.size(); ++row) {
    const Cell& cell = report.cells[row][column];
    if (cell.epochs_to_accuracy.empty()) continue;
    if (grid.header.size() == 1) {
      for (const EpochsToAccuracy& target : cell.epochs_to_accuracy) {
        grid.header.push_back(fmt::format("{:g} %", target.accuracy));
      }
    }
    auto& texts = grid.rows.emplace_back();
    texts.push_back({LabelOf(report.layout.rows[row]), "", false});
    for (const EpochsToAccuracy& target : cell.epochs_to_accuracy) {
      const auto n = static_cast<int64_t>(cell.counted.size());
      const bool some = target.num_reached > 0 && target.num_reached < n;
      texts.push_back(
          {EpochsText(target.epochs),
           some ? fmt::format("{} of {} runs", target.num_reached, n) : "",
           false});
    }
  }
  grid.captions.push_back(
      "The first epoch evaluated at or above that top-1; mean over the runs "
      "that reach it.");
  return grid;
}

}  // namespace

std::vector<Grid> EpochsToAccuracyGrids(const Report& report) {
  std::vector<Grid> grids;
  for (size_t column = 0; column < report.layout.columns.size(); ++column) {
    grids.push_back(EpochsToAccuracyGrid(report, column));
  }
  return grids;
}

}  // namespace wsel::report
