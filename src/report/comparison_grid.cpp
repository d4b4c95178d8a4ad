#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "grid.h"

namespace wsel::report {
namespace {

std::string Signed(double value) {
  // What rounds to zero has no sign.
  if (std::lround(value * 100) == 0) return "0.00";
  return fmt::format("{}{:.2f}", value < 0 ? "\u2212" : "+", std::abs(value));
}

// Points out if the interval contains 0, which is what a reader looks for.
GridText IntervalText(const PairedDifference& paired) {
  if (paired.n == 0) return {kNothing, "no seed in common"};
  if (!paired.interval) return {"n = 1: no interval"};
  const auto [low, high] = *paired.interval;
  const bool excludes_zero = low > 0 || high < 0;
  return {fmt::format("{} to {}", Signed(low), Signed(high)),
          excludes_zero ? "" : "contains 0"};
}

GridText PairsText(const Comparison& comparison) {
  GridText text = {std::to_string(comparison.paired.n)};
  if (!comparison.unpaired_seeds.empty()) {
    text.remark = fmt::format("unpaired seeds: {}",
                              fmt::join(comparison.unpaired_seeds, ", "));
  }
  return text;
}

// Test images that chose nothing count, where all runs have them.
bool HasTestEverywhere(const Report& report) {
  bool any = false;
  for (const auto& row : report.cells) {
    for (const Cell& cell : row) {
      if (cell.last && !cell.test) return false;
      any = any || cell.test;
    }
  }
  return any;
}

}  // namespace

Grid ComparisonGrid(const Report& report) {
  const bool has_columns = report.layout.columns.size() > 1;
  const bool by_test = HasTestEverywhere(report);
  Grid grid = {
      fmt::format("Differences from {}", report.layout.baseline),
      {RowTitle(report)},
      {},
      {fmt::format(
          "{}, paired by seed; 95 % confidence interval by Student's t, not "
          "corrected for the number of comparisons.",
          by_test
              ? fmt::format("Test {} of the best weights", ScoreName(report))
              : fmt::format("{} after the last epoch", ScoreTitle(report)))}};
  if (has_columns) {
    grid.header.push_back(
        NamesOf(report.experiment, report.layout.column_axes));
    grid.labels = 2;
  }
  grid.header.insert(grid.header.end(),
                     {"pairs", "difference", "95 % interval"});
  for (size_t row = 0; row < report.cells.size(); ++row) {
    for (size_t column = 0; column < report.cells[row].size(); ++column) {
      const Cell& cell = report.cells[row][column];
      const auto& accuracy = by_test ? cell.test : cell.last;
      if (!accuracy || !accuracy->change) continue;
      const Comparison& change = *accuracy->change;
      auto& texts = grid.rows.emplace_back();
      texts.push_back({LabelOf(report.layout.rows[row])});
      if (has_columns) texts.push_back({ColumnTitle(report, column)});
      texts.push_back(PairsText(change));
      texts.push_back(
          {change.paired.n == 0 ? kNothing : Signed(change.paired.mean)});
      texts.push_back(IntervalText(change.paired));
    }
  }
  return grid;
}

}  // namespace wsel::report
