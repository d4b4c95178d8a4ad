#include <fmt/format.h>

#include "grid_text.h"

namespace wsel::report {
namespace {

std::string ReachText(const Reach& reach) {
  if (!reach.epochs) return "not reached";
  if (!reach.epochs->deviation) return fmt::format("{}", reach.epochs->mean);
  return fmt::format("{:.1f} \u00B1 {:.1f}", reach.epochs->mean,
                     *reach.epochs->deviation);
}

Grid ReachGrid(const Report& report, size_t column) {
  Grid grid = {"Epochs to reach a top-1", {RowTitle(report)}, {}, {}};
  if (report.layout.columns.size() > 1) {
    grid.title += ", " + ColumnTitle(report, column);
  }
  for (size_t row = 0; row < report.cells.size(); ++row) {
    const Cell& cell = report.cells[row][column];
    if (cell.reach.empty()) continue;
    if (grid.header.size() == 1) {
      for (const Reach& reach : cell.reach) {
        grid.header.push_back(fmt::format("{:g} %", reach.accuracy));
      }
    }
    auto& texts = grid.rows.emplace_back();
    texts.push_back({LabelOf(report.layout.rows[row]), "", false});
    for (const Reach& reach : cell.reach) {
      const auto n = static_cast<int64_t>(cell.counted.size());
      const bool some = reach.reached > 0 && reach.reached < n;
      texts.push_back(
          {ReachText(reach),
           some ? fmt::format("{} of {} runs", reach.reached, n) : "", false});
    }
  }
  grid.captions.push_back(
      "The first evaluated epoch of at least that top-1; mean over the runs "
      "that reach it.");
  return grid;
}

}  // namespace

std::vector<Grid> ReachGrids(const Report& report) {
  std::vector<Grid> grids;
  for (size_t column = 0; column < report.layout.columns.size(); ++column) {
    grids.push_back(ReachGrid(report, column));
  }
  return grids;
}

}  // namespace wsel::report
