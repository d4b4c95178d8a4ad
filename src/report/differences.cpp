#include "differences.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>

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

ConfigDifference Describe(const std::string& path,
                          const std::vector<std::set<std::string>>& rows) {
  constexpr size_t kShown = 3;
  ConfigDifference difference = {path, {}};
  for (const auto& values : rows) {
    const std::vector<std::string> all(values.begin(), values.end());
    const auto end =
        all.begin() + static_cast<int64_t>(std::min(kShown, all.size()));
    std::string text = fmt::to_string(fmt::join(all.begin(), end, ", "));
    if (all.size() > kShown) text += fmt::format(", \u2026 ({})", all.size());
    difference.values.push_back(std::move(text));
  }
  return difference;
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
  if (seedless.size() == 1) values = seedless;
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
    std::vector<std::set<std::string>> rows;
    for (const auto& row : values) {
      auto& all = rows.emplace_back();
      for (const Values& cell : row) all.merge(At(cell, path));
    }
    differences.push_back(Describe(path, rows));
  }
  return differences;
}

}  // namespace wsel::report
