#include "wsel/core/csv.h"

#include <fmt/format.h>

#include "grid.h"
#include "wsel/report/formats.h"

namespace wsel::report {
namespace {

std::string Line(const std::vector<std::string>& cells) {
  const auto quote = [](const std::string& cell) { return CsvCell(cell); };
  return Joined(cells, quote, ",") + "\n";
}

// Empty cells for a null pointer.
void AddMeanStd(std::vector<std::string>& cells, const MeanStd* value) {
  cells.push_back(value ? CsvCell(value->mean) : "");
  cells.push_back(value && value->std ? CsvCell(*value->std) : "");
}

void AddComparison(std::vector<std::string>& cells,
                   const std::optional<Comparison>& comparison) {
  if (!comparison) {
    cells.insert(cells.end(), 5, "");
    return;
  }
  const PairedDifference& paired = comparison->paired;
  cells.push_back(CsvCell(comparison->change));
  cells.push_back(std::to_string(paired.n));
  cells.push_back(paired.n == 0 ? "" : CsvCell(paired.mean));
  cells.push_back(paired.interval ? CsvCell(paired.interval->low) : "");
  cells.push_back(paired.interval ? CsvCell(paired.interval->high) : "");
}

}  // namespace

std::string ToCsv(const Report& report) {
  const Layout& layout = report.layout;
  std::vector<std::string> header;
  for (const auto& axes : {layout.row_axes, layout.column_axes}) {
    for (const size_t axis : axes) {
      header.push_back(report.experiment.axes[axis].name);
    }
  }
  header.insert(header.end(), {"runs",
                               "n",
                               "last_top1",
                               "last_top1_std",
                               "best_top1",
                               "best_top1_std",
                               "last_top5",
                               "last_top5_std",
                               "change",
                               "pairs",
                               "paired_difference",
                               "ci95_low",
                               "ci95_high",
                               "skipped_test_images",
                               "test_top1",
                               "test_top1_std",
                               "balanced_accuracy",
                               "balanced_accuracy_std",
                               "macro_f1",
                               "macro_f1_std"});
  const bool multi_label = ScoreName(report) != "top-1";
  if (multi_label) {
    header.insert(header.end(),
                  {"metric", "subset_accuracy", "subset_accuracy_std"});
  }
  std::string text = Line(header);
  for (size_t row = 0; row < report.cells.size(); ++row) {
    for (size_t column = 0; column < layout.columns.size(); ++column) {
      const Cell& cell = report.cells[row][column];
      if (cell.runs.empty()) continue;
      std::vector<std::string> cells = layout.rows[row];
      cells.insert(cells.end(), layout.columns[column].begin(),
                   layout.columns[column].end());
      cells.push_back(std::to_string(cell.runs.size()));
      cells.push_back(std::to_string(cell.counted.size()));
      AddMeanStd(cells, cell.last ? &cell.last->value : nullptr);
      AddMeanStd(cells, cell.best ? &cell.best->value : nullptr);
      AddMeanStd(cells, cell.top5 ? &*cell.top5 : nullptr);
      AddComparison(cells, cell.last ? cell.last->change : std::nullopt);
      cells.push_back(std::to_string(cell.skipped));
      for (const auto* value :
           {&cell.test, &cell.balanced_accuracy, &cell.macro_f1}) {
        AddMeanStd(cells, *value ? &(*value)->value : nullptr);
      }
      if (multi_label) {
        const auto& subset = cell.subset_accuracy;
        cells.push_back(MetricOf(report.experiment, cell));
        AddMeanStd(cells, subset ? &subset->value : nullptr);
      }
      text += Line(cells);
    }
  }
  return text;
}

}  // namespace wsel::report
