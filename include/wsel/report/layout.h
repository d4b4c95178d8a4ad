// Torch-free.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "wsel/report/study.h"

namespace wsel::report {

// A row or column of a table: a value for each of its axes.
using Key = std::vector<std::string>;

// How runs lie in a table. Axes are places in Study::axes.
struct Layout {
  std::vector<size_t> row_axes;
  std::vector<size_t> column_axes;
  std::vector<size_t> fixed_axes;  // of one value: said once, not shown
  std::vector<Key> rows;  // those that have runs, by the axes' order of values
  std::vector<Key> columns;  // at least one; without axes a column of no values
  std::string baseline;      // "": none
  // The row that a row is compared with: itself never.
  std::vector<std::optional<size_t>> compared_with;
};

// `wish` goes before the study's own. What neither says: rows are the axis that
// has the baseline, else the one with most values; columns the others that
// vary; the baseline a row value "random", if there is. A baseline that is a
// value of one of several row axes is, for each row, the row with that value in
// its place. Errors: kUsage with the nearest known: an axis or a baseline that
// is none.
Layout ChooseLayout(const Study& study, const Wish& wish);

// "uniform, 1e-3"; "" for a column of no values.
std::string LabelOf(const Key& key);

// The places of a run's row or column axes' values.
Key KeyOf(const Study& study, const Run& run, const std::vector<size_t>& axes);

}  // namespace wsel::report
