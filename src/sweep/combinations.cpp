#include "combinations.h"

#include <algorithm>
#include <set>

#include "wsel/core/error.h"

namespace wsel::sweep {
namespace {

constexpr size_t kMaxRuns = 100'000;

// Indices of axes that vary in step; an axis that is not zipped is a group of
// one.
using Group = std::vector<size_t>;

size_t IndexOf(const SweepFile& sweep, const std::string& axis) {
  const auto at = std::ranges::find(sweep.axes, axis, &Axis::name);
  return static_cast<size_t>(at - sweep.axes.begin());
}

bool Has(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

std::vector<Group> Groups(const SweepFile& sweep) {
  std::vector<Group> groups;
  std::vector<bool> taken(sweep.axes.size(), false);
  for (size_t i = 0; i < sweep.axes.size(); ++i) {
    if (taken[i]) continue;
    Group group = {i};
    for (const auto& names : sweep.zipped) {
      if (!Has(names, sweep.axes[i].name)) continue;
      group.clear();
      for (const auto& other : names) group.push_back(IndexOf(sweep, other));
    }
    for (const size_t axis : group) taken[axis] = true;
    groups.push_back(std::move(group));
  }
  return groups;
}

void CheckCount(const SweepFile& sweep, size_t count) {
  if (count <= kMaxRuns) return;
  throw Error(ErrorKind::kConfig, sweep.path.string(),
              "its axes have more than {} combinations", kMaxRuns);
}

// All combinations; zipped axes in step, the last axis varying fastest.
std::vector<Combination> Product(const SweepFile& sweep) {
  std::vector<Combination> combinations = {Combination(sweep.axes.size())};
  for (const Group& group : Groups(sweep)) {
    const size_t count = sweep.axes[group.front()].values.size();
    CheckCount(sweep, combinations.size() * count);
    std::vector<Combination> extended;
    for (Combination& combination : combinations) {
      for (size_t i = 0; i < count; ++i) {
        for (const size_t axis : group) {
          combination[axis] = &sweep.axes[axis].values[i];
        }
        extended.push_back(combination);
      }
    }
    combinations = std::move(extended);
  }
  return combinations;
}

// All combinations that the selector, which must name every axis, matches.
std::vector<Combination> Included(const SweepFile& sweep,
                                  const Selector& selector) {
  std::vector<Combination> combinations(1);
  for (const auto& [name, values] : sweep.axes) {
    const auto named =
        std::ranges::find(selector, name, &Selector::value_type::first);
    if (named == selector.end()) {
      throw Error(ErrorKind::kConfig, sweep.path.string() + ".include",
                  "does not name the axis '{}': list one of its values", name);
    }
    CheckCount(sweep, combinations.size() * named->second.size());
    std::vector<Combination> extended;
    for (const Combination& combination : combinations) {
      for (const std::string& label : named->second) {
        extended.push_back(combination);
        extended.back().push_back(
            &*std::ranges::find(values, label, &AxisValue::label));
      }
    }
    combinations = std::move(extended);
  }
  return combinations;
}

}  // namespace

bool Matches(const SweepFile& sweep, const Combination& combination,
             const Selector& selector) {
  return std::ranges::all_of(selector, [&](const auto& part) {
    return Has(part.second, combination[IndexOf(sweep, part.first)]->label);
  });
}

std::vector<Combination> Combinations(const SweepFile& sweep) {
  auto combinations = Product(sweep);
  std::erase_if(combinations, [&](const Combination& combination) {
    return std::ranges::any_of(sweep.excluded, [&](const Selector& selector) {
      return Matches(sweep, combination, selector);
    });
  });
  std::set<Combination> known(combinations.begin(), combinations.end());
  for (const Selector& selector : sweep.included) {
    for (Combination& combination : Included(sweep, selector)) {
      if (!known.insert(combination).second) continue;
      combinations.push_back(std::move(combination));
      CheckCount(sweep, combinations.size());
    }
  }
  if (combinations.empty()) {
    throw Error(ErrorKind::kConfig, sweep.path.string(),
                "has no runs: every combination is excluded");
  }
  return combinations;
}

}  // namespace wsel::sweep
