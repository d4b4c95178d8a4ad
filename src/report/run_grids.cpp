#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "grid_text.h"

namespace wsel::report {
namespace {

std::string EpochsText(const Run& run) {
  const int64_t done = run.log.epochs.empty() ? 0 : run.log.epochs.back().epoch;
  if (run.epochs_planned == 0) return std::to_string(done);
  return fmt::format("{}/{}", done, run.epochs_planned);
}

std::string SettingsText(const Run& run) {
  std::vector<std::string> values;
  for (const Setting& setting : run.settings) values.push_back(setting.value);
  return fmt::to_string(fmt::join(values, ", "));
}

std::string SeedText(const Run& run) {
  return run.seed ? std::to_string(*run.seed) : kNothing;
}

std::string FirstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::string Short(const std::string& digest) { return digest.substr(0, 12); }

std::string ProvenanceOf(const Run& run, std::string_view key) {
  for (const auto& [name, value] : run.provenance) {
    if (name == key) return value;
  }
  return "";
}

// A column that says nothing of any run, as the plan where none was selected.
void DropEmptyColumns(Grid& grid) {
  for (size_t i = grid.header.size(); i-- > 1;) {
    const bool empty =
        std::all_of(grid.rows.begin(), grid.rows.end(),
                    [i](const auto& row) { return row[i].text.empty(); });
    if (!empty) continue;
    const auto at = static_cast<std::ptrdiff_t>(i);
    grid.header.erase(grid.header.begin() + at);
    for (auto& row : grid.rows) row.erase(row.begin() + at);
  }
}

// One version of all runs is said below the table instead of in each row.
void JoinVersions(Grid& grid, size_t column) {
  std::set<std::string> versions;
  for (const auto& row : grid.rows) versions.insert(row[column].text);
  versions.erase("");
  if (versions.size() != 1) return;
  grid.captions.push_back(
      fmt::format("Trained by wsel {}.", *versions.begin()));
  for (auto& row : grid.rows) row[column].text.clear();
}

}  // namespace

std::string StatusLine(const Report& report) {
  size_t all = 0;
  for (const Run& run : report.study.runs) all += run.again ? 0 : 1;
  const size_t foreign = Count(report, RunState::kUnknown);
  if (foreign == all) {
    return fmt::format("{} log{}, taken as finished.", all,
                       all == 1 ? "" : "s");
  }
  std::string line = fmt::format("{} of {} runs {} finished",
                                 Count(report, RunState::kFinished) + foreign,
                                 all, all == 1 ? "is" : "are");
  std::vector<std::string> others;
  for (const RunState state : {RunState::kRunning, RunState::kFailed,
                               RunState::kUnfinished, RunState::kWaiting}) {
    if (const size_t n = Count(report, state); n > 0) {
      others.push_back(fmt::format("{} {}", n, NameOf(state)));
    }
  }
  if (!others.empty()) line += fmt::format("; {}", fmt::join(others, ", "));
  return line + ".";
}

Grid OpenRunsGrid(const Report& report) {
  Grid grid = {"Runs that no table counts",
               {"run", "seed", "state", "epochs", "why"},
               {},
               {}};
  for (const Run& run : report.study.runs) {
    if (IsCounted(run) || run.again) continue;
    const std::string why =
        !run.error.empty() ? FirstLine(run.error)
        : run.state == RunState::kFinished || run.state == RunState::kUnknown
            ? "no epoch was evaluated"
            : "";
    grid.rows.push_back({{SettingsText(run), "", false},
                         {SeedText(run), "", false},
                         {std::string(NameOf(run.state)), "", false},
                         {EpochsText(run), "", false},
                         {why, "", false}});
  }
  return grid;
}

Grid ProvenanceGrid(const Report& report) {
  constexpr size_t kVersionColumn = 9;
  Grid grid = {"Provenance",
               {"run", "seed", "state", "epochs", "last", "best",
                "configuration", "plan", "teacher", "wsel", "folder"},
               {},
               {"Digests are SHA-256, their first 12 digits: of config.json, "
                "and of the plan by which the start was selected."}};
  for (const Run& run : report.study.runs) {
    if (run.again) continue;
    const bool counted = IsCounted(run);
    std::vector<GridText>& texts = grid.rows.emplace_back();
    for (std::string text :
         {SettingsText(run), SeedText(run), std::string(NameOf(run.state)),
          EpochsText(run), counted ? Accuracy(LastTop1(run)) : kNothing,
          counted ? Accuracy(BestTop1(run)) : kNothing,
          Short(run.config_digest), Short(ProvenanceOf(run, "plan")),
          ProvenanceOf(run, "teacher"), ProvenanceOf(run, "version"),
          run.path_text}) {
      texts.push_back({std::move(text), "", false});
    }
  }
  JoinVersions(grid, kVersionColumn);
  DropEmptyColumns(grid);
  return grid;
}

std::vector<std::string> Notes(const Report& report) {
  std::vector<std::string> notes;
  for (const Run& run : report.study.runs) {
    if (run.again) continue;
    for (const std::string& note : run.log.notes) {
      notes.push_back(fmt::format("{}: {}", run.path_text, note));
    }
  }
  return notes;
}

}  // namespace wsel::report
