#include "wsel/sweep/combinations.h"

#include <fmt/format.h>

#include <algorithm>

#include "wsel/core/error.h"

namespace wsel::sweep {
namespace {

constexpr size_t kMostRuns = 100'000;

// Axes that go in step, by index; an axis of its own is a group of one.
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
    count *= sweep.axes[group.front()].points.size();
    if (count > kMostRuns) {
      throw Error(
          ErrorKind::kConfig, sweep.path.string(),
          fmt::format("its axes make more than {} combinations", kMostRuns));
    }
  }
}

bool Excluded(const SweepFile& sweep, const Combination& combination) {
  return std::any_of(sweep.excluded.begin(), sweep.excluded.end(),
                     [&](const Selector& selector) {
                       return Matches(sweep, combination, selector);
                     });
}

// All with `groups` from `next` on still open.
void Product(const SweepFile& sweep, const std::vector<Group>& groups,
             size_t next, Combination& partial,
             std::vector<Combination>& combinations) {
  if (next == groups.size()) {
    if (!Excluded(sweep, partial)) combinations.push_back(partial);
    return;
  }
  const Group& group = groups[next];
  for (size_t p = 0; p < sweep.axes[group.front()].points.size(); ++p) {
    for (const size_t axis : group) partial[axis] = &sweep.axes[axis].points[p];
    Product(sweep, groups, next + 1, partial, combinations);
  }
}

// All that a selector means which names every axis.
void Include(const SweepFile& sweep, const Selector& selector, size_t axis,
             Combination& partial, std::vector<Combination>& combinations) {
  if (axis == sweep.axes.size()) {
    const bool there = std::find(combinations.begin(), combinations.end(),
                                 partial) != combinations.end();
    if (!there) combinations.push_back(partial);
    return;
  }
  const auto named = std::find_if(
      selector.begin(), selector.end(),
      [&](const auto& part) { return part.first == sweep.axes[axis].name; });
  if (named == selector.end()) {
    throw Error(ErrorKind::kConfig, sweep.path.string() + ".include",
                fmt::format("leaves the axis '{}' open: name one of its values",
                            sweep.axes[axis].name));
  }
  for (const std::string& label : named->second) {
    for (const Point& point : sweep.axes[axis].points) {
      if (point.label != label) continue;
      partial[axis] = &point;
      Include(sweep, selector, axis + 1, partial, combinations);
    }
  }
}

}  // namespace

bool Matches(const SweepFile& sweep, const Combination& combination,
             const Selector& selector) {
  return std::all_of(selector.begin(), selector.end(), [&](const auto& part) {
    const Point& point = *combination[IndexOf(sweep, part.first)];
    return std::find(part.second.begin(), part.second.end(), point.label) !=
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
                "no run is left: everything is excluded");
  }
  return combinations;
}

}  // namespace wsel::sweep
