#include "grid.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace wsel::report {
namespace {

std::string Arrow(double change) {
  if (std::lround(change * 100) == 0) return "=";
  return fmt::format("{}{:.2f}", change < 0 ? "\u2193" : "\u2191",
                     std::abs(change));
}

GridText AccuracyText(const CellAccuracy& accuracy, int64_t usual) {
  GridText text = {MeanStdText(accuracy.value), "", accuracy.best};
  std::vector<std::string> remarks;
  if (accuracy.change) remarks.push_back(Arrow(accuracy.change->change));
  if (accuracy.value.n < usual) {
    remarks.push_back(fmt::format("n = {}", accuracy.value.n));
  }
  text.remark = fmt::to_string(fmt::join(remarks, ", "));
  return text;
}

// The largest number of counted runs of any cell: tables show the n of cells
// with fewer.
int64_t UsualCount(const Report& report) {
  size_t most = 0;
  for (const auto& row : report.cells) {
    for (const Cell& cell : row) most = std::max(most, cell.counted.size());
  }
  return static_cast<int64_t>(most);
}

// "data = cifar100, model = vit_tiny": what all runs share.
std::string FixedAxes(const Report& report) {
  std::vector<std::string> all;
  for (const size_t axis : report.layout.fixed_axes) {
    all.push_back(fmt::format("{} = {}", report.experiment.axes[axis].name,
                              report.experiment.axes[axis].values.front()));
  }
  return fmt::to_string(fmt::join(all, ", "));
}

bool AnyCell(const Report& report, const auto& has) {
  return std::ranges::any_of(report.cells, [&](const auto& row) {
    return std::ranges::any_of(row, has);
  });
}

std::vector<std::string> AccuracyCaptions(
    const Report& report, std::optional<CellAccuracy> Cell::*which) {
  std::vector<std::string> captions;
  const int64_t usual = UsualCount(report);
  if (usual == 1) {
    captions.push_back("n = 1: no standard deviation.");
  } else if (usual > 1) {
    captions.push_back(
        fmt::format("Mean \u00B1 standard deviation over seeds, n = {} unless "
                    "noted; bold: the best of a column.",
                    usual));
  }
  const bool has_changes = AnyCell(report, [&](const Cell& cell) {
    return (cell.*which) && (cell.*which)->change;
  });
  if (has_changes) {
    captions.push_back(
        fmt::format("Arrows: change from {}.", report.layout.baseline));
  }
  int64_t skipped = 0;
  for (const auto& row : report.cells) {
    for (const Cell& cell : row) skipped = std::max(skipped, cell.skipped);
  }
  if (skipped > 0) {
    captions.push_back(fmt::format(
        "Without corrupt test images, up to {} in a run.", skipped));
  }
  if (const std::string fixed = FixedAxes(report); !fixed.empty()) {
    captions.push_back(fmt::format("All runs: {}.", fixed));
  }
  return captions;
}

Grid AccuracyGrid(const Report& report, const std::string& title,
                  std::optional<CellAccuracy> Cell::*which) {
  Grid grid = {title, {RowTitle(report)}, {}, AccuracyCaptions(report, which)};
  for (size_t column = 0; column < report.layout.columns.size(); ++column) {
    grid.header.push_back(ColumnTitle(report, column));
  }
  for (size_t row = 0; row < report.cells.size(); ++row) {
    auto& texts = grid.rows.emplace_back();
    texts.push_back({LabelOf(report.layout.rows[row])});
    for (const Cell& cell : report.cells[row]) {
      const auto& accuracy = cell.*which;
      texts.push_back(accuracy ? AccuracyText(*accuracy, UsualCount(report))
                               : GridText{kNothing});
    }
  }
  return grid;
}

// A grid without rows if no cell has the value.
Grid AccuracyGridIf(bool has, const Report& report, const std::string& title,
                    std::optional<CellAccuracy> Cell::*which) {
  if (has) return AccuracyGrid(report, title, which);
  return {title, {RowTitle(report)}};
}

// Whether classes are of different size somewhere, as far as two decimals show.
bool IsImbalanced(const Report& report) {
  return AnyCell(report, [](const Cell& cell) {
    if (!cell.balanced_accuracy) return false;
    const auto& top1 = cell.test ? cell.test : cell.best;
    return top1 && Accuracy(top1->value.mean) !=
                       Accuracy(cell.balanced_accuracy->value.mean);
  });
}

// Whether images have several labels somewhere.
bool HasSubsets(const Report& report) {
  return AnyCell(report, [](const Cell& cell) {
    return cell.subset_accuracy.has_value();
  });
}

std::string EpochsText(const std::optional<MeanStd>& epochs) {
  if (!epochs) return "not reached";
  if (!epochs->std) return fmt::format("{}", epochs->mean);
  return fmt::format("{:.1f} \u00B1 {:.1f}", epochs->mean, *epochs->std);
}

Grid EpochsToAccuracyGrid(const Report& report, size_t column) {
  const std::string score = ScoreName(report);
  Grid grid = {score == "top-1" ? "Epochs to top-1 accuracy"
                                : fmt::format("Epochs to {}", score),
               {RowTitle(report)},
               {},
               {fmt::format("The first epoch evaluated at or above that {}; "
                            "mean over the runs that reach it.",
                            score)}};
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
    texts.push_back({LabelOf(report.layout.rows[row])});
    for (const EpochsToAccuracy& target : cell.epochs_to_accuracy) {
      const auto n = static_cast<int64_t>(cell.counted.size());
      const bool some = target.num_reached > 0 && target.num_reached < n;
      texts.push_back(
          {EpochsText(target.epochs),
           some ? fmt::format("{} of {} runs", target.num_reached, n) : ""});
    }
  }
  return grid;
}

}  // namespace

std::string NamesOf(const Experiment& experiment,
                    const std::vector<size_t>& axes) {
  std::vector<std::string> names;
  for (const size_t axis : axes) names.push_back(experiment.axes[axis].name);
  return fmt::to_string(fmt::join(names, ", "));
}

std::string RowTitle(const Report& report) {
  const std::string names = NamesOf(report.experiment, report.layout.row_axes);
  return names.empty() ? "run" : names;
}

std::string ScoreName(const Report& report) {
  size_t evaluated = 0;
  size_t multi_label = 0;
  for (const Run& run : report.experiment.runs) {
    if (run.log.epochs.empty()) continue;
    ++evaluated;
    multi_label += IsMultiLabel(run) ? 1 : 0;
  }
  if (multi_label == 0) return "top-1";
  return multi_label == evaluated ? "mAP" : "top-1 or mAP";
}

std::string ScoreTitle(const Report& report) {
  std::string name = ScoreName(report);
  if (name.starts_with('t')) name[0] = 'T';
  return name;
}

std::string ColumnTitle(const Report& report, size_t column) {
  const Key& key = report.layout.columns[column];
  return key.empty() ? ScoreName(report) : LabelOf(key);
}

std::string Accuracy(double percent) { return fmt::format("{:.2f}", percent); }

std::string MeanStdText(const MeanStd& value) {
  if (!value.std) return Accuracy(value.mean);
  return fmt::format("{} \u00B1 {}", Accuracy(value.mean),
                     Accuracy(*value.std));
}

Grid LastGrid(const Report& report) {
  return AccuracyGrid(
      report, fmt::format("{} after the last epoch (%)", ScoreTitle(report)),
      &Cell::last);
}

Grid BestGrid(const Report& report) {
  return AccuracyGrid(
      report, fmt::format("Best {} of all epochs (%)", ScoreName(report)),
      &Cell::best);
}

Grid TestGrid(const Report& report) {
  const bool has =
      AnyCell(report, [](const Cell& cell) { return cell.test.has_value(); });
  return AccuracyGridIf(
      has, report,
      fmt::format("Test {} of the best weights (%)", ScoreName(report)),
      &Cell::test);
}

Grid BalancedAccuracyGrid(const Report& report) {
  return AccuracyGridIf(IsImbalanced(report), report,
                        "Balanced accuracy of the best weights (%)",
                        &Cell::balanced_accuracy);
}

Grid MacroF1Grid(const Report& report) {
  return AccuracyGridIf(IsImbalanced(report) || HasSubsets(report), report,
                        "Macro F1 of the best weights (%)", &Cell::macro_f1);
}

Grid SubsetAccuracyGrid(const Report& report) {
  return AccuracyGridIf(HasSubsets(report), report,
                        "Subset accuracy of the best weights (%)",
                        &Cell::subset_accuracy);
}

std::vector<Grid> EpochsToAccuracyGrids(const Report& report) {
  std::vector<Grid> grids;
  for (size_t column = 0; column < report.layout.columns.size(); ++column) {
    grids.push_back(EpochsToAccuracyGrid(report, column));
  }
  return grids;
}

Grid DifferenceGrid(const Report& report) {
  Grid grid = {"Configuration differences", {"key"}};
  for (const Key& row : report.layout.rows) {
    grid.header.push_back(LabelOf(row));
  }
  for (const ConfigDifference& difference : report.differences) {
    auto& texts = grid.rows.emplace_back();
    texts.push_back({difference.path});
    for (const std::string& value : difference.values) {
      texts.push_back({value.empty() ? kNothing : value});
    }
  }
  return grid;
}

std::vector<Grid> Grids(const Report& report) {
  std::vector<Grid> grids = {
      LastGrid(report),      BestGrid(report),
      TestGrid(report),      BalancedAccuracyGrid(report),
      MacroF1Grid(report),   SubsetAccuracyGrid(report),
      ComparisonGrid(report)};
  for (Grid& grid : EpochsToAccuracyGrids(report)) {
    grids.push_back(std::move(grid));
  }
  for (Grid& grid : ConfusionGrids(report)) grids.push_back(std::move(grid));
  grids.push_back(DifferenceGrid(report));
  grids.push_back(UncountedRunsGrid(report));
  std::erase_if(grids, [](const Grid& grid) { return grid.rows.empty(); });
  return grids;
}

}  // namespace wsel::report
