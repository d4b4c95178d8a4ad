#include "wsel/report/layout.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "wsel/core/error.h"
#include "wsel/core/suggest.h"

namespace wsel::report {
namespace {

// What a start without a teacher is called in the paper's tables.
constexpr std::string_view kUsualBaseline = "random";

bool Has(const std::vector<size_t>& axes, size_t axis) {
  return std::find(axes.begin(), axes.end(), axis) != axes.end();
}

bool HasValue(const Axis& axis, std::string_view value) {
  return std::find(axis.values.begin(), axis.values.end(), value) !=
         axis.values.end();
}

std::vector<size_t> FindAxes(const Study& study,
                             const std::vector<std::string>& names) {
  std::vector<size_t> found;
  std::vector<std::string> known;
  for (const Axis& axis : study.axes) known.push_back(axis.name);
  for (const std::string& name : names) {
    const auto at = std::find(known.begin(), known.end(), name);
    if (at == known.end()) {
      throw Error(ErrorKind::kUsage, "report", Unknown("axis", name, known));
    }
    const auto axis = static_cast<size_t>(at - known.begin());
    if (!Has(found, axis)) found.push_back(axis);
  }
  return found;
}

// The axis for the rows, out of `axes`, which is not empty.
size_t ChooseRowAxis(const Study& study, const std::vector<size_t>& axes,
                     std::string_view baseline) {
  size_t best = axes.front();
  for (const size_t axis : axes) {
    if (HasValue(study.axes[axis], baseline)) return axis;
    if (study.axes[axis].values.size() > study.axes[best].values.size()) {
      best = axis;
    }
  }
  return best;
}

void PlaceAxes(const Study& study, Layout& layout, std::string_view baseline) {
  std::vector<size_t> free;
  for (size_t i = 0; i < study.axes.size(); ++i) {
    if (Has(layout.row_axes, i) || Has(layout.column_axes, i)) continue;
    (study.axes[i].values.size() > 1 ? free : layout.fixed_axes).push_back(i);
  }
  if (layout.row_axes.empty()) {
    // Where nothing varies, the one row is still called something.
    auto& from = free.empty() ? layout.fixed_axes : free;
    if (!from.empty()) {
      const size_t axis = ChooseRowAxis(study, from, baseline);
      layout.row_axes = {axis};
      std::erase(from, axis);
    }
  }
  for (const size_t axis : free) layout.column_axes.push_back(axis);
}

// The keys that runs have, by the axes' order of values.
std::vector<Key> KeysOf(const Study& study, const std::vector<size_t>& axes) {
  std::set<std::vector<size_t>> places;
  for (const Run& run : study.runs) {
    std::vector<size_t> place;
    for (const size_t axis : axes) {
      const auto& values = study.axes[axis].values;
      const auto at = std::find(values.begin(), values.end(),
                                ValueOf(run, study.axes[axis].name));
      place.push_back(static_cast<size_t>(at - values.begin()));
    }
    places.insert(std::move(place));
  }
  std::vector<Key> keys;
  for (const auto& place : places) {
    Key key;
    for (size_t i = 0; i < axes.size(); ++i) {
      key.push_back(study.axes[axes[i]].values[place[i]]);
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

std::optional<size_t> PlaceOf(const std::vector<Key>& keys, const Key& key) {
  const auto at = std::find(keys.begin(), keys.end(), key);
  if (at == keys.end()) return std::nullopt;
  return static_cast<size_t>(at - keys.begin());
}

// Fills compared_with; false where no row is called `baseline`.
bool Compare(const Study& study, Layout& layout, const std::string& baseline) {
  layout.compared_with.assign(layout.rows.size(), std::nullopt);
  for (size_t i = 0; i < layout.row_axes.size(); ++i) {
    if (!HasValue(study.axes[layout.row_axes[i]], baseline)) continue;
    for (size_t row = 0; row < layout.rows.size(); ++row) {
      Key key = layout.rows[row];
      key[i] = baseline;
      const auto other = PlaceOf(layout.rows, key);
      if (other != row) layout.compared_with[row] = other;
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

void SetBaseline(const Study& study, Layout& layout, const std::string& asked) {
  const std::string name = asked.empty() ? std::string(kUsualBaseline) : asked;
  if (Compare(study, layout, name)) {
    layout.baseline = name;
  } else if (!asked.empty()) {
    std::vector<std::string> known;
    for (const size_t axis : layout.row_axes) {
      const auto& values = study.axes[axis].values;
      known.insert(known.end(), values.begin(), values.end());
    }
    for (const Key& row : layout.rows) {
      if (row.size() > 1) known.push_back(LabelOf(row));
    }
    throw Error(ErrorKind::kUsage, "--baseline", Unknown("row", asked, known));
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

Key KeyOf(const Study& study, const Run& run, const std::vector<size_t>& axes) {
  Key key;
  for (const size_t axis : axes) {
    key.emplace_back(ValueOf(run, study.axes[axis].name));
  }
  return key;
}

Layout ChooseLayout(const Study& study, const Wish& wish) {
  const std::string& baseline =
      wish.baseline.empty() ? study.wish.baseline : wish.baseline;
  const bool own = wish.rows.empty() && wish.columns.empty();
  const Wish& axes = own ? study.wish : wish;
  Layout layout;
  layout.row_axes = FindAxes(study, axes.rows);
  layout.column_axes = FindAxes(study, axes.columns);
  std::erase_if(layout.column_axes,
                [&](size_t axis) { return Has(layout.row_axes, axis); });
  PlaceAxes(study, layout,
            baseline.empty() ? kUsualBaseline : std::string_view(baseline));
  layout.rows = KeysOf(study, layout.row_axes);
  layout.columns = KeysOf(study, layout.column_axes);
  SetBaseline(study, layout, baseline);
  return layout;
}

}  // namespace wsel::report
