#include "wsel/report/report.h"

#include <cmath>
#include <set>

#include "wsel/core/error.h"

namespace wsel::report {
namespace {

std::vector<std::vector<Cell>> MakeCells(const Experiment& experiment,
                                         const Layout& layout) {
  std::vector members(layout.rows.size(),
                      std::vector<std::vector<size_t>>(layout.columns.size()));
  for (size_t i = 0; i < experiment.runs.size(); ++i) {
    const auto index_of = [&](const auto& keys, const auto& axes) {
      return IndexOf(keys, KeyOf(experiment, experiment.runs[i], axes));
    };
    members[index_of(layout.rows, layout.row_axes)]
           [index_of(layout.columns, layout.column_axes)]
               .push_back(i);
  }
  std::vector<std::vector<Cell>> cells(layout.rows.size());
  for (size_t row = 0; row < cells.size(); ++row) {
    for (auto& runs : members[row]) {
      cells[row].push_back(MakeCell(experiment, std::move(runs)));
    }
  }
  return cells;
}

// Marks the best of a column, compared at the two decimals displayed.
void MarkBest(Report& report, size_t column,
              std::optional<CellAccuracy> Cell::*which) {
  const auto shown = [](const CellAccuracy& accuracy) {
    return int64_t{std::lround(accuracy.value.mean * 100)};
  };
  std::set<int64_t> values;
  for (auto& row : report.cells) {
    if (const auto& accuracy = row[column].*which) {
      values.insert(shown(*accuracy));
    }
  }
  if (values.size() < 2) return;
  for (auto& row : report.cells) {
    auto& accuracy = row[column].*which;
    if (accuracy) accuracy->best = shown(*accuracy) == *values.rbegin();
  }
}

void CompareRows(Report& report) {
  for (size_t row = 0; row < report.cells.size(); ++row) {
    const auto other = report.layout.compared_with[row];
    if (!other) continue;
    for (size_t column = 0; column < report.cells[row].size(); ++column) {
      Cell& cell = report.cells[row][column];
      const Cell& baseline = report.cells[*other][column];
      if (!cell.last || !baseline.last) continue;
      cell.last->change = Compare(report.experiment, cell, baseline, LastTop1);
      cell.best->change = Compare(report.experiment, cell, baseline, BestTop1);
      if (!cell.test || !baseline.test) continue;
      cell.test->change =
          Compare(report.experiment, cell, baseline,
                  [](const Run& run) { return TestTop1(run).value(); });
    }
  }
}

void AddEpochsToAccuracy(Report& report) {
  for (size_t column = 0; column < report.layout.columns.size(); ++column) {
    auto accuracies = report.target_accuracies;
    if (accuracies.empty()) {
      std::vector<const Cell*> cells;
      for (const auto& row : report.cells) cells.push_back(&row[column]);
      accuracies = RoundAccuracies(cells);
    }
    for (auto& row : report.cells) {
      if (row[column].counted.empty()) continue;
      for (const double accuracy : accuracies) {
        row[column].epochs_to_accuracy.push_back(
            ComputeEpochsToAccuracy(report.experiment, row[column], accuracy));
      }
    }
  }
}

}  // namespace

void Validate(const ReportOptions& options) {
  for (const double accuracy : options.target_accuracies) {
    if (accuracy > 0 && accuracy <= 100) continue;
    throw Error(ErrorKind::kUsage, "target_accuracy",
                "expected a top-1 accuracy in percent, not {}", accuracy);
  }
}

Report MakeReport(Experiment experiment, const ReportOptions& options) {
  Report report;
  report.layout = ChooseLayout(experiment, options.table);
  report.experiment = std::move(experiment);
  report.target_accuracies = options.target_accuracies;
  report.cells = MakeCells(report.experiment, report.layout);
  for (size_t column = 0; column < report.layout.columns.size(); ++column) {
    for (const auto which :
         {&Cell::last, &Cell::best, &Cell::test, &Cell::balanced_accuracy,
          &Cell::macro_f1, &Cell::subset_accuracy}) {
      MarkBest(report, column, which);
    }
  }
  CompareRows(report);
  AddEpochsToAccuracy(report);
  report.differences = FindDifferences(report.experiment, report.cells);
  return report;
}

}  // namespace wsel::report
