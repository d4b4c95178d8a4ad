#include "wsel/report/experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "run_files.h"
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

// Reads one of several runs, which a corrupt one must not take down.
void TryAddRun(const fs::path& path, Experiment& experiment,
               std::vector<Error>& errors) try {
  AddRun(ReadRun(path), experiment.runs);
} catch (const Error& error) {
  errors.push_back(error);
}

// Adds a sweep after those that were read before; the last table counts.
void AddSweep(SweepJson sweep, Experiment& experiment) {
  const auto add = [](std::string& all, const std::string& text,
                      const char* separator) {
    if (text.empty() || all == text) return;
    all += all.empty() ? text : separator + text;
  };
  add(experiment.name, sweep.name, ", ");
  add(experiment.about, sweep.about, " ");
  std::ranges::move(sweep.axes, std::back_inserter(experiment.axes));
  if (sweep.table) experiment.table = *std::move(sweep.table);
}

// Adds the runs of one of the given paths.
void ReadPath(const fs::path& path, Experiment& experiment,
              std::vector<Error>& errors) {
  if (!fs::exists(path)) {
    throw Error(ErrorKind::kIo, path.string(), "does not exist");
  }
  const bool sweep = fs::exists(path / run::kSweepFile);
  if (sweep) AddSweep(ReadSweepJson(path / run::kSweepFile), experiment);
  if (!sweep && (!fs::is_directory(path) || IsRunFolder(path))) {
    TryAddRun(path, experiment, errors);
    return;
  }
  const auto found = [&] { return experiment.runs.size() + errors.size(); };
  const size_t before = found();
  const fs::path runs = sweep ? path / run::kRunsFolder : path;
  if (fs::is_directory(runs)) {
    for (const fs::path& run : RunsIn(runs)) {
      TryAddRun(run, experiment, errors);
    }
  }
  if (found() > before) return;
  throw Error(
      ErrorKind::kFormat, path.string(),
      sweep ? "is a sweep without runs: start it with wsel sweep"
            : "holds no run: expected a summary.csv, or folders with one");
}

// Two runs with the same settings and seed, if any.
std::optional<std::pair<fs::path, fs::path>> FindDuplicates(
    const std::vector<Run>& runs) {
  using Settings = std::map<std::string, std::string>;
  std::map<std::pair<std::optional<uint64_t>, Settings>, const Run*> seen;
  for (const Run& run : runs) {
    // Reversed: of equal names the last one counts.
    const Settings settings(run.settings.rbegin(), run.settings.rend());
    const auto [at, is_new] = seen.emplace(std::pair(run.seed, settings), &run);
    if (!is_new) return std::pair(at->second->path, run.path);
  }
  return std::nullopt;
}

// The sweep that all runs belong to; "" if there is none.
std::string SweepOf(const std::vector<Run>& runs) {
  const bool same = std::ranges::all_of(
      runs, [&](const Run& run) { return run.sweep == runs.front().sweep; });
  return same && !runs.empty() ? runs.front().sweep : "";
}

// "a, b, c", or "a, b and 4 more": the title of a figure must not seem to be of
// only the first path.
std::string NamesOf(const std::vector<fs::path>& paths) {
  constexpr size_t kAll = 3;
  const size_t shown = paths.size() <= kAll ? paths.size() : kAll - 1;
  std::string names;
  for (size_t i = 0; i < shown; ++i) {
    names += (i == 0 ? "" : ", ") + FolderName(paths[i]);
  }
  if (shown < paths.size()) {
    names += fmt::format(" and {} more", paths.size() - shown);
  }
  return names;
}

std::optional<double> AsNumber(const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (stop != end || error != std::errc()) return std::nullopt;
  return value;
}

void SortIfNumbers(std::vector<std::string>& values) {
  const auto is_number = [](const std::string& v) { return !!AsNumber(v); };
  if (!std::ranges::all_of(values, is_number)) return;
  std::ranges::stable_sort(values, {}, AsNumber);
}

// The axes and values of the runs; values of axes in `known` keep its order.
std::vector<Axis> AxesOf(const std::vector<Run>& runs,
                         std::vector<Axis> known) {
  std::vector<Axis> axes;
  for (const Run& run : runs) {
    for (const auto& [name, value] : run.settings) {
      const auto at = std::ranges::find(axes, name, &Axis::name);
      if (at == axes.end()) axes.push_back({name, {}});
    }
  }
  for (Axis& axis : axes) {
    std::set<std::string> used;
    std::vector<std::string> found;
    for (const Run& run : runs) {
      const std::string value(ValueOf(run.settings, axis.name));
      if (used.insert(value).second) found.push_back(value);
    }
    SortIfNumbers(found);
    known.push_back({axis.name, std::move(found)});
    for (const Axis& other : known) {
      if (other.name != axis.name) continue;
      for (const std::string& value : other.values) {
        if (used.erase(value) > 0) axis.values.push_back(value);
      }
    }
  }
  return axes;
}

}  // namespace

Experiment ReadExperiment(const std::vector<fs::path>& paths) {
  Experiment experiment;
  auto& runs = experiment.runs;
  std::vector<std::string> folders;  // of each run
  std::vector<Error> errors;
  for (const fs::path& path : paths) {
    try {
      ReadPath(path, experiment, errors);
    } catch (const fs::filesystem_error& e) {  // no permission
      throw Error(ErrorKind::kIo, e.path1().string(), e.code().message());
    }
    folders.resize(runs.size(), EscapeText(path.string()));
  }
  if (runs.empty() && !errors.empty()) throw errors.front();
  for (const Error& error : errors) {
    experiment.unread.push_back(EscapeText(error.what(), 1000));
  }
  if (experiment.name.empty()) {
    experiment.name = SweepOf(runs);
    if (!experiment.name.empty()) {
      experiment.about = AboutOfSweep(runs.front().path);
    }
  }
  if (experiment.name.empty()) experiment.name = NamesOf(paths);
  if (paths.size() > 1 && FindDuplicates(runs)) {
    for (size_t i = 0; i < runs.size(); ++i) {
      auto& settings = runs[i].settings;
      settings.insert(settings.begin(), {"folder", folders[i]});
    }
  }
  if (!paths.empty()) CheckCount(runs.size(), paths.front());
  if (const auto duplicates = FindDuplicates(runs)) {
    throw Error(ErrorKind::kMismatch, duplicates->second.string(),
                "has the same settings and seed as {}: leave one out",
                duplicates->first.string());
  }
  experiment.axes = AxesOf(runs, std::move(experiment.axes));
  return experiment;
}

}  // namespace wsel::report
