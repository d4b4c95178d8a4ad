#include <fmt/format.h>

#include <algorithm>

#include "grid.h"

namespace wsel::report {
namespace {

// A report of more runs would be mostly matrices.
constexpr int64_t kMostMatrices = 4;

Grid ConfusionGrid(const Run& run, bool named) {
  const Confusion& confusion = *run.confusion;
  Grid grid;
  grid.title = "Confusion matrix of the best weights";
  if (named) grid.title += ", " + run.path_text;
  grid.header = {"class"};
  grid.header.insert(grid.header.end(), confusion.classes.begin(),
                     confusion.classes.end());
  for (size_t label = 0; label < confusion.classes.size(); ++label) {
    std::vector<GridText>& row = grid.rows.emplace_back();
    row.push_back({confusion.classes[label]});
    for (size_t other = 0; other < confusion.classes.size(); ++other) {
      row.push_back({fmt::format("{}", confusion.counts[label][other]), "",
                     label == other});
    }
  }
  grid.captions = {
      "Images of each class (rows) by the class that is predicted (columns)."};
  return grid;
}

}  // namespace

std::vector<Grid> ConfusionGrids(const Report& report) {
  const auto& runs = report.experiment.runs;
  const auto is_shown = [](const Run& run) {
    return run.confusion && !run.is_alias && IsCounted(run);
  };
  const int64_t count = std::ranges::count_if(runs, is_shown);
  if (count > kMostMatrices) return {};
  std::vector<Grid> grids;
  for (const Run& run : runs) {
    if (is_shown(run)) grids.push_back(ConfusionGrid(run, count > 1));
  }
  return grids;
}

}  // namespace wsel::report
