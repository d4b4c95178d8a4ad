#include "combinations.h"

#include <fmt/format.h>

#include <algorithm>

#include "wsel/core/error.h"

namespace wsel::sweep {
namespace {

constexpr size_t kMaxRuns = 100'000;

// Indices of axes that vary in step; an axis that is not zipped is a group of
// one.
using Group = std::vector<size_t>;

size_t IndexOf(const SweepFile& sweep, const std::string& axis) {
  size_t i = 0;
  while (sweep.axes[i].name != axis) ++i;
  return i;
}

std::vector<Group> Groups(const SweepFile& sweep) {
  std::vector<Group> groups;
  std::vector<bool> taken(sweep.axes.size(), false);
  for (size_t i = 0; i < sweep.axes.size(); ++i) {
    if (taken[i]) continue;
    Group group = {i};
    for (const auto& names : sweep.zipped) {
      const std::string& name = sweep.axes[i].name;
      if (std::find(names.begin(), names.end(), name) == names.end()) continue;
      group.clear();
      for (const auto& other : names) group.push_back(IndexOf(sweep, other));
    }
    for (const size_t axis : group) taken[axis] = true;
    groups.push_back(std::move(group));
  }
  return groups;
}

void CheckCount(const SweepFile& sweep, const std::vector<Group>& groups) {
  size_t count = 1;
  for (const Group& group : groups) {
    count *= sweep.axes[group.front()].values.size();
    if (count > kMaxRuns) {
      throw Error(
          ErrorKind::kConfig, sweep.path.string(),
          fmt::format("its axes have more than {} combinations", kMaxRuns));
    }
  }
}

bool Excluded(const SweepFile& sweep, const Combination& combination) {
  return std::any_of(sweep.excluded.begin(), sweep.excluded.end(),
                     [&](const Selector& selector) {
                       return Matches(sweep, combination, selector);
                     });
}

// Appends all completions of `partial`, in which `groups` from `next` on are
// not set yet.
void Product(const SweepFile& sweep, const std::vector<Group>& groups,
             size_t next, Combination& partial,
             std::vector<Combination>& combinations) {
  if (next == groups.size()) {
    if (!Excluded(sweep, partial)) combinations.push_back(partial);
    return;
  }
  const Group& group = groups[next];
  for (size_t p = 0; p < sweep.axes[group.front()].values.size(); ++p) {
    for (const size_t axis : group) partial[axis] = &sweep.axes[axis].values[p];
    Product(sweep, groups, next + 1, partial, combinations);
  }
}

// Appends all combinations that the selector, which must name every axis,
// matches; axes from `axis` on are not set in `partial` yet.
void Include(const SweepFile& sweep, const Selector& selector, size_t axis,
             Combination& partial, std::vector<Combination>& combinations) {
  if (axis == sweep.axes.size()) {
    const bool present = std::find(combinations.begin(), combinations.end(),
                                   partial) != combinations.end();
    if (!present) combinations.push_back(partial);
    return;
  }
  const auto named = std::find_if(
      selector.begin(), selector.end(),
      [&](const auto& part) { return part.first == sweep.axes[axis].name; });
  if (named == selector.end()) {
    throw Error(
        ErrorKind::kConfig, sweep.path.string() + ".include",
        fmt::format("does not name the axis '{}': list one of its values",
                    sweep.axes[axis].name));
  }
  for (const std::string& label : named->second) {
    for (const AxisValue& value : sweep.axes[axis].values) {
      if (value.label != label) continue;
      partial[axis] = &value;
      Include(sweep, selector, axis + 1, partial, combinations);
    }
  }
}

}  // namespace

bool Matches(const SweepFile& sweep, const Combination& combination,
             const Selector& selector) {
  return std::all_of(selector.begin(), selector.end(), [&](const auto& part) {
    const AxisValue& value = *combination[IndexOf(sweep, part.first)];
    return std::find(part.second.begin(), part.second.end(), value.label) !=
           part.second.end();
  });
}

std::vector<Combination> Combinations(const SweepFile& sweep) {
  const auto groups = Groups(sweep);
  CheckCount(sweep, groups);
  std::vector<Combination> combinations;
  Combination partial(sweep.axes.size());
  Product(sweep, groups, 0, partial, combinations);
  for (const Selector& selector : sweep.included) {
    Include(sweep, selector, 0, partial, combinations);
  }
  if (combinations.empty()) {
    throw Error(ErrorKind::kConfig, sweep.path.string(),
                "has no runs: every combination is excluded");
  }
  return combinations;
}

}  // namespace wsel::sweep
