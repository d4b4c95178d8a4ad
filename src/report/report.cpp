#include "wsel/report/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

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

// What must differ, or decides nothing.
bool IsNoDifference(std::string_view path) {
  return path == "train.seed" || path == "about" || path == "data.root" ||
         path == "data.workers" || path == "train.save_minutes";
}

Difference Describe(const std::string& path,
                    const std::vector<std::set<std::string>>& rows) {
  constexpr size_t kShown = 3;
  Difference difference = {path, {}};
  for (const auto& values : rows) {
    const std::vector<std::string> all(values.begin(), values.end());
    const auto end =
        all.begin() + static_cast<int64_t>(std::min(kShown, all.size()));
    std::string text = fmt::to_string(fmt::join(all.begin(), end, ", "));
    if (all.size() > kShown) text += fmt::format(", \u2026 ({})", all.size());
    difference.values.push_back(std::move(text));
  }
  return difference;
}

// A cell's values of each key; empty for a foreign log's.
using Values = std::map<std::string, std::set<std::string>>;

Values ConfigOf(const Study& study, const Cell& cell) {
  Values values;
  for (const size_t i : cell.runs) {
    for (const auto& [path, value] : study.runs[i].config) {
      if (!IsNoDifference(path)) values[path].insert(value);
    }
  }
  return values;
}

// Whether cells of one column have the key otherwise. What differs between
// columns alone, as the data set does, makes no method.
bool Differs(const std::string& path,
             const std::vector<std::vector<Values>>& values) {
  for (size_t column = 0; column < values.front().size(); ++column) {
    std::set<std::set<std::string>> distinct;
    for (const auto& row : values) {
      if (row[column].empty()) continue;
      const auto at = row[column].find(path);
      distinct.insert(at == row[column].end() ? std::set<std::string>{}
                                              : at->second);
    }
    if (distinct.size() > 1) return true;
  }
  return false;
}

// The keys of all configurations, in the order of the files.
std::vector<std::string> PathsOf(const Study& study) {
  std::vector<std::string> paths;
  std::set<std::string> seen;
  for (const Run& run : study.runs) {
    for (const auto& [path, value] : run.config) {
      if (seen.insert(path).second) paths.push_back(path);
    }
  }
  return paths;
}

std::vector<Difference> FindDifferences(const Report& report) {
  std::vector<std::vector<Values>> values;
  for (const auto& row : report.cells) {
    auto& of_row = values.emplace_back();
    for (const Cell& cell : row) of_row.push_back(ConfigOf(report.study, cell));
  }
  std::vector<Difference> differences;
  for (const std::string& path : PathsOf(report.study)) {
    if (values.empty() || !Differs(path, values)) continue;
    std::vector<std::set<std::string>> rows;
    for (auto& row : values) {
      auto& all = rows.emplace_back();
      for (Values& cell : row) all.merge(std::set(cell[path]));
    }
    differences.push_back(Describe(path, rows));
  }
  return differences;
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
  report.differences = FindDifferences(report);
  return report;
}

size_t Count(const Report& report, RunState state) {
  return static_cast<size_t>(
      std::count_if(report.study.runs.begin(), report.study.runs.end(),
                    [&](const Run& run) { return run.state == state; }));
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
