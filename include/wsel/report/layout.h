// Torch-free.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "wsel/report/experiment.h"

namespace wsel::report {

// A row or column of a table: one value per axis.
using Key = std::vector<std::string>;

// How runs are arranged in a table. Axes are indices into Experiment::axes.
struct Layout {
  std::vector<size_t> row_axes;
  std::vector<size_t> column_axes;
  std::vector<size_t> fixed_axes;  // with one value: stated in the caption
  std::vector<Key> rows;     // those with runs, in the order of the axis values
  std::vector<Key> columns;  // at least one; without axes one empty key
  std::string baseline;      // "": none
  // The row that each row is compared with, never itself.
  std::vector<std::optional<size_t>> compared_with;
};

// `options` override the sweep file's (Experiment::table). Defaults: the row
// axis is the one with the baseline, else the one with the most values; all
// other axes that vary are columns; the baseline is the row value "random", if
// there is one. If rows have several axes and the baseline is a value of one,
// each row is compared with the row that differs from it only in that value.
// Errors: kUsage for an unknown axis or baseline, with the nearest known one.
Layout ChooseLayout(const Experiment& experiment, const TableOptions& options);

// The index of `value` in `all`; the size of `all` if it is not there.
template <typename T>
size_t IndexOf(const std::vector<T>& all, const auto& value) {
  return static_cast<size_t>(std::ranges::find(all, value) - all.begin());
}

// "uniform, 1e-3"; "" for an empty key.
std::string LabelOf(const Key& key);

// A run's values of row or column axes.
Key KeyOf(const Experiment& experiment, const Run& run,
          const std::vector<size_t>& axes);

}  // namespace wsel::report
