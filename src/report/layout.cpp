#include "wsel/report/layout.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <utility>
#include <vector>

#include "wsel/core/error.h"
#include "wsel/core/suggest.h"

namespace wsel::report {
namespace {

// The paper's name for initialisation without a teacher.
constexpr std::string_view kDefaultBaseline = "random";

template <typename T>
bool Has(const std::vector<T>& all, const auto& value) {
  return IndexOf(all, value) < all.size();
}

std::vector<size_t> FindAxes(const Experiment& experiment,
                             const std::vector<std::string>& names) {
  std::vector<size_t> found;
  std::vector<std::string> known;
  for (const Axis& axis : experiment.axes) known.push_back(axis.name);
  for (const std::string& name : names) {
    const size_t axis = IndexOf(known, name);
    if (axis == known.size()) {
      throw Error(ErrorKind::kUsage, "report", Unknown("axis", name, known));
    }
    if (!Has(found, axis)) found.push_back(axis);
  }
  return found;
}

// The row axis among `axes`, which is not empty.
size_t ChooseRowAxis(const Experiment& experiment,
                     const std::vector<size_t>& axes,
                     std::string_view baseline) {
  for (const size_t axis : axes) {
    if (Has(experiment.axes[axis].values, baseline)) return axis;
  }
  return *std::ranges::max_element(axes, {}, [&](size_t axis) {
    return experiment.axes[axis].values.size();
  });
}

void PlaceAxes(const Experiment& experiment, Layout& layout,
               std::string_view baseline) {
  std::vector<size_t> free;
  for (size_t i = 0; i < experiment.axes.size(); ++i) {
    if (Has(layout.row_axes, i) || Has(layout.column_axes, i)) continue;
    (experiment.axes[i].values.size() > 1 ? free : layout.fixed_axes)
        .push_back(i);
  }
  if (layout.row_axes.empty()) {
    // If nothing varies, the only row still needs a label.
    auto& from = free.empty() ? layout.fixed_axes : free;
    if (!from.empty()) {
      const size_t axis = ChooseRowAxis(experiment, from, baseline);
      layout.row_axes = {axis};
      std::erase(from, axis);
    }
  }
  for (const size_t axis : free) layout.column_axes.push_back(axis);
}

// The keys that have runs, in the order of the axis values.
std::vector<Key> KeysOf(const Experiment& experiment,
                        const std::vector<size_t>& axes) {
  std::map<std::vector<size_t>, Key> keys;  // by the indices of the values
  for (const Run& run : experiment.runs) {
    Key key = KeyOf(experiment, run, axes);
    std::vector<size_t> indices;
    for (size_t i = 0; i < axes.size(); ++i) {
      indices.push_back(IndexOf(experiment.axes[axes[i]].values, key[i]));
    }
    keys.emplace(std::move(indices), std::move(key));
  }
  std::vector<Key> sorted;
  for (auto& [_, key] : keys) sorted.push_back(std::move(key));
  return sorted;
}

// Fills compared_with; false if no row matches `baseline`.
bool CompareWith(const Experiment& experiment, Layout& layout,
                 const std::string& baseline) {
  layout.compared_with.assign(layout.rows.size(), std::nullopt);
  for (size_t i = 0; i < layout.row_axes.size(); ++i) {
    if (!Has(experiment.axes[layout.row_axes[i]].values, baseline)) continue;
    for (size_t row = 0; row < layout.rows.size(); ++row) {
      Key key = layout.rows[row];
      key[i] = baseline;
      const size_t other = IndexOf(layout.rows, key);
      if (other == row || other == layout.rows.size()) continue;
      layout.compared_with[row] = other;
    }
    return true;
  }
  for (size_t row = 0; row < layout.rows.size(); ++row) {
    if (LabelOf(layout.rows[row]) != baseline) continue;
    layout.compared_with.assign(layout.rows.size(), row);
    layout.compared_with[row].reset();
    return true;
  }
  return false;
}

// Compares rows with `baseline`, which must exist if it was `requested`.
void SetBaseline(const Experiment& experiment, Layout& layout,
                 const std::string& baseline, bool requested) {
  if (CompareWith(experiment, layout, baseline)) {
    layout.baseline = baseline;
  } else if (requested) {
    std::vector<std::string> known;
    for (const size_t axis : layout.row_axes) {
      const auto& values = experiment.axes[axis].values;
      known.insert(known.end(), values.begin(), values.end());
    }
    for (const Key& row : layout.rows) {
      if (row.size() > 1) known.push_back(LabelOf(row));
    }
    throw Error(ErrorKind::kUsage, "baseline", Unknown("row", baseline, known));
  }
}

}  // namespace

std::string LabelOf(const Key& key) {
  std::vector<std::string> shown;
  for (const std::string& value : key) {
    shown.push_back(value.empty() ? "\u2013" : value);
  }
  return fmt::to_string(fmt::join(shown, ", "));
}

Key KeyOf(const Experiment& experiment, const Run& run,
          const std::vector<size_t>& axes) {
  Key key;
  for (const size_t axis : axes) {
    key.emplace_back(ValueOf(run.settings, experiment.axes[axis].name));
  }
  return key;
}

Layout ChooseLayout(const Experiment& experiment, const TableOptions& options) {
  std::string baseline =
      options.baseline.empty() ? experiment.table.baseline : options.baseline;
  const bool requested = !baseline.empty();
  if (!requested) baseline = kDefaultBaseline;
  const bool no_axes = options.rows.empty() && options.columns.empty();
  const TableOptions& axes = no_axes ? experiment.table : options;
  Layout layout;
  layout.row_axes = FindAxes(experiment, axes.rows);
  layout.column_axes = FindAxes(experiment, axes.columns);
  std::erase_if(layout.column_axes,
                [&](size_t axis) { return Has(layout.row_axes, axis); });
  PlaceAxes(experiment, layout, baseline);
  layout.rows = KeysOf(experiment, layout.row_axes);
  layout.columns = KeysOf(experiment, layout.column_axes);
  SetBaseline(experiment, layout, baseline, requested);
  return layout;
}

}  // namespace wsel::report
