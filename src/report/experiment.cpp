#include "wsel/report/experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "run_files.h"
#include "sweep_json.h"
#include "wsel/core/error.h"
#include "wsel/core/escape_text.h"
#include "wsel/run/file_names.h"

namespace wsel::report {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxRuns = 10'000;

void CheckCount(size_t runs, const fs::path& folder) {
  if (runs <= kMaxRuns) return;
  throw Error(ErrorKind::kFormat, folder.string(),
              "holds more than 10,000 runs: report on fewer at a time");
}

// The run folders in `folder`, sorted by name.
std::vector<fs::path> RunsIn(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (IsRunFolder(entry.path())) found.push_back(entry.path());
    CheckCount(found.size(), folder);
  }
  std::sort(found.begin(), found.end());
  return found;
}

// The runs of one of the given paths.
struct Source {
  fs::path path;
  std::vector<Run> runs;
};

// Adds the run to each of its cells.
void AddRun(Run run, std::vector<Run>& runs) {
  for (const auto& settings : run.other_settings) {
    Run copy = run;
    copy.settings = settings;
    copy.is_alias = true;
    runs.push_back(std::move(copy));
  }
  runs.push_back(std::move(run));
}

Source ReadSource(const fs::path& path, std::vector<Axis>& axes,
                  TableOptions& table, std::string& name) {
  if (!fs::exists(path)) {
    throw Error(ErrorKind::kIo, path.string(), "does not exist");
  }
  Source source = {path, {}};
  const bool sweep = fs::exists(path / run::kSweepFile);
  if (sweep) ReadSweepJson(path / run::kSweepFile, axes, table, name);
  if (!sweep && (!fs::is_directory(path) || IsRunFolder(path))) {
    source.runs.push_back(ReadRun(path));
    return source;
  }
  const fs::path runs = sweep ? path / run::kRunsFolder : path;
  if (fs::is_directory(runs)) {
    for (const fs::path& run : RunsIn(runs)) AddRun(ReadRun(run), source.runs);
  }
  if (!source.runs.empty()) return source;
  throw Error(ErrorKind::kFormat, path.string(),
              sweep ? "is a sweep without runs: start it with wsel sweep"
                    : "holds no run: expected a summary.csv, or folders with "
                      "one");
}

// Identifies a run by its seed and settings.
std::string IdentityOf(const Run& run) {
  std::string key = run.seed ? std::to_string(*run.seed) : "none";
  std::map<std::string, std::string> sorted;
  for (const Setting& setting : run.settings) {
    sorted[setting.axis] = setting.value;
  }
  for (const auto& [axis, value] : sorted) key += '\n' + axis + '\n' + value;
  return key;
}

// Two runs with the same settings and seed, if any.
std::optional<std::pair<fs::path, fs::path>> FindDuplicates(
    const std::vector<Run>& runs) {
  std::map<std::string, const Run*> seen;
  for (const Run& run : runs) {
    const auto [at, is_new] = seen.emplace(IdentityOf(run), &run);
    if (!is_new) return std::pair(at->second->path, run.path);
  }
  return std::nullopt;
}

std::vector<Run> Join(const std::vector<Source>& sources,
                      bool add_folder_axis) {
  std::vector<Run> runs;
  for (const Source& source : sources) {
    for (Run run : source.runs) {
      if (add_folder_axis) {
        run.settings.insert(run.settings.begin(),
                            {"folder", EscapeText(source.path.string())});
      }
      runs.push_back(std::move(run));
    }
  }
  return runs;
}

// The sweep that all runs belong to; "" if there is none.
std::string SweepOf(const std::vector<Run>& runs) {
  const bool same = std::ranges::all_of(
      runs, [&](const Run& run) { return run.sweep == runs.front().sweep; });
  return same && !runs.empty() ? runs.front().sweep : "";
}

std::optional<double> AsNumber(const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (text.empty() || result.ptr != end || result.ec != std::errc()) {
    return std::nullopt;
  }
  return value;
}

void SortIfNumbers(std::vector<std::string>& values) {
  const auto is_number = [](const std::string& v) { return !!AsNumber(v); };
  if (!std::all_of(values.begin(), values.end(), is_number)) return;
  std::stable_sort(values.begin(), values.end(),
                   [](const std::string& a, const std::string& b) {
                     return *AsNumber(a) < *AsNumber(b);
                   });
}

// The axes and values of the runs; values of axes in `known` keep its order.
std::vector<Axis> AxesOf(const std::vector<Run>& runs,
                         const std::vector<Axis>& known) {
  std::vector<Axis> axes;
  for (const Run& run : runs) {
    for (const Setting& setting : run.settings) {
      const auto same = [&](const Axis& a) { return a.name == setting.axis; };
      if (std::none_of(axes.begin(), axes.end(), same)) {
        axes.push_back({setting.axis, {}});
      }
    }
  }
  for (Axis& axis : axes) {
    std::set<std::string> used;
    std::vector<std::string> found;
    for (const Run& run : runs) {
      const std::string value(ValueOf(run, axis.name));
      if (used.insert(value).second) found.push_back(value);
    }
    SortIfNumbers(found);
    for (const Axis& other : known) {
      if (other.name != axis.name) continue;
      for (const std::string& value : other.values) {
        if (used.erase(value) > 0) axis.values.push_back(value);
      }
    }
    for (std::string& value : found) {
      if (used.erase(value) > 0) axis.values.push_back(std::move(value));
    }
  }
  return axes;
}

}  // namespace

Experiment ReadExperiment(const std::vector<fs::path>& paths) {
  Experiment experiment;
  std::vector<Source> sources;
  std::vector<Axis> known;
  for (const fs::path& path : paths) {
    try {
      sources.push_back(
          ReadSource(path, known, experiment.table, experiment.name));
    } catch (const fs::filesystem_error& e) {  // no permission
      throw Error(ErrorKind::kIo, e.path1().string(), e.code().message());
    }
  }
  experiment.runs = Join(sources, /*add_folder_axis=*/false);
  if (experiment.name.empty()) experiment.name = SweepOf(experiment.runs);
  if (experiment.name.empty() && !paths.empty()) {
    experiment.name = FolderName(paths.front());
  }
  if (sources.size() > 1 && FindDuplicates(experiment.runs)) {
    experiment.runs = Join(sources, /*add_folder_axis=*/true);
  }
  CheckCount(experiment.runs.size(), paths.front());
  if (const auto duplicates = FindDuplicates(experiment.runs)) {
    throw Error(
        ErrorKind::kMismatch, duplicates->second.string(),
        fmt::format("has the same settings and seed as {}: leave one out",
                    duplicates->first.string()));
  }
  experiment.axes = AxesOf(experiment.runs, known);
  return experiment;
}

}  // namespace wsel::report
