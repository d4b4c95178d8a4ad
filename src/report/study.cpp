#include "wsel/report/study.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "run_files.h"
#include "sweep_json.h"
#include "wsel/core/error.h"
#include "wsel/report/printable.h"

namespace wsel::report {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostRuns = 10'000;

void CheckCount(size_t runs, const fs::path& folder) {
  if (runs <= kMostRuns) return;
  throw Error(ErrorKind::kFormat, folder.string(),
              "holds more than 10,000 runs: report on parts of it");
}

// The folders of runs in `folder`, by name.
std::vector<fs::path> RunsIn(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (IsRunFolder(entry.path())) found.push_back(entry.path());
    CheckCount(found.size(), folder);
  }
  std::sort(found.begin(), found.end());
  return found;
}

// What one of the given paths holds.
struct Part {
  fs::path path;
  std::vector<Run> runs;
};

// The run, in each of its cells.
void AddRun(Run run, std::vector<Run>& runs) {
  for (const auto& settings : run.also) {
    Run copy = run;
    copy.settings = settings;
    copy.again = true;
    runs.push_back(std::move(copy));
  }
  runs.push_back(std::move(run));
}

Part ReadPart(const fs::path& path, std::vector<Axis>& axes, Wish& wish,
              std::string& name) {
  if (!fs::exists(path)) {
    throw Error(ErrorKind::kIo, path.string(), "is missing: no such folder");
  }
  Part part = {path, {}};
  const bool sweep = fs::exists(path / "sweep.json");
  if (sweep) ReadSweepJson(path / "sweep.json", axes, wish, name);
  if (!sweep && (!fs::is_directory(path) || IsRunFolder(path))) {
    part.runs.push_back(ReadRun(path));
    return part;
  }
  const fs::path runs = sweep ? path / "runs" : path;
  if (fs::is_directory(runs)) {
    for (const fs::path& run : RunsIn(runs)) AddRun(ReadRun(run), part.runs);
  }
  if (!part.runs.empty()) return part;
  throw Error(ErrorKind::kFormat, path.string(),
              sweep ? "is a sweep without runs: start it with wsel sweep"
                    : "holds no run: neither a summary.csv nor folders with "
                      "one are in it");
}

// All that a cell of one seed is known by.
std::string KeyOf(const Run& run) {
  std::string key = run.seed ? std::to_string(*run.seed) : "none";
  std::map<std::string, std::string> sorted;
  for (const Setting& setting : run.settings) {
    sorted[setting.axis] = setting.value;
  }
  for (const auto& [axis, value] : sorted) key += '\n' + axis + '\n' + value;
  return key;
}

// Two runs of the same settings and seed, if there are.
std::optional<std::pair<fs::path, fs::path>> Twins(
    const std::vector<Run>& runs) {
  std::map<std::string, const Run*> seen;
  for (const Run& run : runs) {
    const auto [at, is_new] = seen.emplace(KeyOf(run), &run);
    if (!is_new) return std::pair(at->second->path, run.path);
  }
  return std::nullopt;
}

std::vector<Run> Join(const std::vector<Part>& parts, bool name_folders) {
  std::vector<Run> runs;
  for (const Part& part : parts) {
    for (Run run : part.runs) {
      if (name_folders) {
        run.settings.insert(run.settings.begin(),
                            {"folder", Printable(part.path.string())});
      }
      runs.push_back(std::move(run));
    }
  }
  return runs;
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

void SortNumbers(std::vector<std::string>& values) {
  const auto is_number = [](const std::string& v) { return !!AsNumber(v); };
  if (!std::all_of(values.begin(), values.end(), is_number)) return;
  std::stable_sort(values.begin(), values.end(),
                   [](const std::string& a, const std::string& b) {
                     return *AsNumber(a) < *AsNumber(b);
                   });
}

// The axes that runs have, with the values that they have: in the order of
// `known` where it knows them.
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
    SortNumbers(found);
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

Study ReadStudy(const std::vector<fs::path>& paths) {
  Study study;
  std::vector<Part> parts;
  std::vector<Axis> known;
  for (const fs::path& path : paths) {
    try {
      parts.push_back(ReadPart(path, known, study.wish, study.name));
    } catch (const fs::filesystem_error& e) {  // a folder that is closed to us
      throw Error(ErrorKind::kIo, e.path1().string(), e.code().message());
    }
  }
  if (study.name.empty() && !paths.empty())
    study.name = FolderName(paths.front());
  study.runs = Join(parts, false);
  if (parts.size() > 1 && Twins(study.runs)) study.runs = Join(parts, true);
  CheckCount(study.runs.size(), paths.front());
  if (const auto twins = Twins(study.runs)) {
    throw Error(
        ErrorKind::kMismatch, twins->second.string(),
        fmt::format("has the settings and the seed of {}: a seed counts "
                    "once; leave one out",
                    twins->first.string()));
  }
  study.axes = AxesOf(study.runs, known);
  return study;
}

}  // namespace wsel::report
