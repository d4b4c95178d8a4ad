#include "wsel/report/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "differences.h"

namespace wsel::report {
namespace {

std::vector<std::vector<Cell>> MakeCells(const Study& study,
                                         const Layout& layout) {
  std::vector<std::vector<std::vector<size_t>>> members(
      layout.rows.size(),
      std::vector<std::vector<size_t>>(layout.columns.size()));
  const auto place = [](const std::vector<Key>& keys, const Key& key) {
    return static_cast<size_t>(std::find(keys.begin(), keys.end(), key) -
                               keys.begin());
  };
  for (size_t i = 0; i < study.runs.size(); ++i) {
    const Run& run = study.runs[i];
    const size_t row = place(layout.rows, KeyOf(study, run, layout.row_axes));
    const size_t column =
        place(layout.columns, KeyOf(study, run, layout.column_axes));
    members[row][column].push_back(i);
  }
  std::vector<std::vector<Cell>> cells(layout.rows.size());
  for (size_t row = 0; row < cells.size(); ++row) {
    for (auto& runs : members[row]) {
      cells[row].push_back(MakeCell(study, std::move(runs)));
    }
  }
  return cells;
}

// Marks the best of a column by what two digits show of it.
void MarkBest(Report& report, size_t column,
              std::optional<Measure> Cell::*which) {
  const auto shown = [](const Measure& m) {
    return std::lround(m.spread.mean * 100);
  };
  std::set<long> values;
  for (auto& row : report.cells) {
    if (const auto& measure = row[column].*which) {
      values.insert(shown(*measure));
    }
  }
  if (values.size() < 2) return;
  for (auto& row : report.cells) {
    auto& measure = row[column].*which;
    if (measure) measure->best = shown(*measure) == *values.rbegin();
  }
}

void CompareRows(Report& report) {
  for (size_t row = 0; row < report.cells.size(); ++row) {
    const auto other = report.layout.compared_with.empty()
                           ? std::nullopt
                           : report.layout.compared_with[row];
    if (!other) continue;
    for (size_t column = 0; column < report.cells[row].size(); ++column) {
      Cell& cell = report.cells[row][column];
      const Cell& baseline = report.cells[*other][column];
      if (!cell.last || !baseline.last) continue;
      cell.last->change = Compare(report.study, cell, baseline, LastTop1);
      cell.best->change = Compare(report.study, cell, baseline, BestTop1);
    }
  }
}

void AddReach(Report& report) {
  for (size_t column = 0; column < report.layout.columns.size(); ++column) {
    auto accuracies = report.accuracies;
    if (accuracies.empty()) {
      std::vector<const Cell*> cells;
      for (const auto& row : report.cells) cells.push_back(&row[column]);
      accuracies = RoundAccuracies(cells);
    }
    for (auto& row : report.cells) {
      if (row[column].counted.empty()) continue;
      for (const double accuracy : accuracies) {
        row[column].reach.push_back(
            ReachOf(report.study, row[column], accuracy));
      }
    }
  }
}

}  // namespace

Report MakeReport(Study study, const Options& options) {
  Report report;
  report.layout = ChooseLayout(study, options.wish);
  report.study = std::move(study);
  report.accuracies = options.accuracies;
  report.cells = MakeCells(report.study, report.layout);
  for (size_t column = 0; column < report.layout.columns.size(); ++column) {
    MarkBest(report, column, &Cell::last);
    MarkBest(report, column, &Cell::best);
  }
  CompareRows(report);
  AddReach(report);
  report.differences = FindDifferences(report.study, report.cells);
  return report;
}

size_t Count(const Report& report, RunState state) {
  return static_cast<size_t>(std::count_if(
      report.study.runs.begin(), report.study.runs.end(),
      [&](const Run& run) { return run.state == state && !run.again; }));
}

int64_t UsualCount(const Report& report) {
  size_t most = 0;
  for (const auto& row : report.cells) {
    for (const Cell& cell : row) most = std::max(most, cell.counted.size());
  }
  return static_cast<int64_t>(most);
}

std::string NamesOf(const Study& study, const std::vector<size_t>& axes) {
  std::vector<std::string> names;
  for (const size_t axis : axes) names.push_back(study.axes[axis].name);
  return fmt::to_string(fmt::join(names, ", "));
}

}  // namespace wsel::report
