#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <regex>
#include <set>

#include "wsel/report/report.h"
#include "wsel/run/config_keys.h"

namespace wsel::report {
namespace {

// Keys that must differ between runs, or that do not affect results.
bool IsIgnored(std::string_view path) {
  return path == "train.seed" || path == "about" || !run::AffectsResult(path);
}

// Hides the digest in the name of a sweep's initial checkpoint.
std::string DisplayValue(const std::string& value) {
  static const std::regex kInitFile("students/[0-9a-f]{16}\\.safetensors$");
  return std::regex_search(value, kInitFile) ? "made by wsel init" : value;
}

// The first three values, and how many there are.
std::string Shown(const std::set<std::string>& values) {
  constexpr size_t kShown = 3;
  const size_t shown = std::min(values.size(), kShown);
  const auto end = std::next(values.begin(), static_cast<ptrdiff_t>(shown));
  auto text = fmt::format("{}", fmt::join(values.begin(), end, ", "));
  if (values.size() == shown) return text;
  return text + fmt::format(", \u2026 ({})", values.size());
}

// A cell's values of each key; empty if it has only third-party logs.
using Values = std::map<std::string, std::set<std::string>>;

// Replaces the seed, if it stands apart in the value, by "{seed}".
std::string WithoutSeed(const std::string& value, const Run& run) {
  if (!run.seed) return value;
  const std::regex seed(fmt::format(R"(([-_.=/])({})(?![0-9]))", *run.seed));
  return std::regex_replace(value, seed, "$1{seed}");
}

// Counts values that differ only in the seed, such as "uniform-0.safetensors"
// and "uniform-1.safetensors" of seeds 0 and 1, as one.
void JoinSeeds(const Experiment& experiment, const Cell& cell,
               const std::string& path, std::set<std::string>& values) {
  std::set<std::string> seedless;
  for (const size_t i : cell.runs) {
    for (const auto& [key, value] : experiment.runs[i].config) {
      if (key == path) seedless.insert(WithoutSeed(value, experiment.runs[i]));
    }
  }
  if (seedless.size() == 1) values = std::move(seedless);
}

Values ConfigOf(const Experiment& experiment, const Cell& cell) {
  Values values;
  for (const size_t i : cell.runs) {
    for (const auto& [path, value] : experiment.runs[i].config) {
      if (!IsIgnored(path)) values[path].insert(DisplayValue(value));
    }
  }
  for (auto& [path, all] : values) {
    if (all.size() > 1) JoinSeeds(experiment, cell, path, all);
  }
  return values;
}

std::set<std::string> At(const Values& values, const std::string& path) {
  const auto at = values.find(path);
  return at == values.end() ? std::set<std::string>{} : at->second;
}

// Whether the key differs between cells of one column. What differs only
// between columns, such as the data set, does not distinguish rows.
bool Differs(const std::string& path,
             const std::vector<std::vector<Values>>& values) {
  for (size_t column = 0; column < values.front().size(); ++column) {
    std::set<std::set<std::string>> distinct;
    for (const auto& row : values) {
      if (row[column].empty()) continue;
      distinct.insert(At(row[column], path));
    }
    if (distinct.size() > 1) return true;
  }
  return false;
}

// The keys of all configurations, in the order of the files.
std::vector<std::string> PathsOf(const Experiment& experiment) {
  std::vector<std::string> paths;
  std::set<std::string> seen;
  for (const Run& run : experiment.runs) {
    for (const auto& [path, value] : run.config) {
      if (seen.insert(path).second) paths.push_back(path);
    }
  }
  return paths;
}

}  // namespace

std::vector<ConfigDifference> FindDifferences(
    const Experiment& experiment, const std::vector<std::vector<Cell>>& cells) {
  std::vector<std::vector<Values>> values;
  for (const auto& row : cells) {
    auto& of_row = values.emplace_back();
    for (const Cell& cell : row) of_row.push_back(ConfigOf(experiment, cell));
  }
  std::vector<ConfigDifference> differences;
  for (const std::string& path : PathsOf(experiment)) {
    if (values.empty() || !Differs(path, values)) continue;
    auto& difference = differences.emplace_back(ConfigDifference{path, {}});
    for (const auto& row : values) {
      std::set<std::string> all;
      for (const Values& cell : row) all.merge(At(cell, path));
      difference.values.push_back(Shown(all));
    }
  }
  return differences;
}

}  // namespace wsel::report
