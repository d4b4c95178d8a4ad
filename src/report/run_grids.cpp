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

// Drops columns that are empty for every run, such as the plan without
// selection.
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

// If all runs have one version, states it below the table, not in each row.
void HoistVersion(Grid& grid, size_t column) {
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
  for (const Run& run : report.experiment.runs) all += run.is_alias ? 0 : 1;
  const size_t logs = Count(report, RunState::kUnknown);
  if (logs == all) {
    return fmt::format("{} log{}, assumed finished.", all, all == 1 ? "" : "s");
  }
  std::string line = fmt::format("{} of {} runs {} finished",
                                 Count(report, RunState::kFinished) + logs, all,
                                 all == 1 ? "is" : "are");
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

Grid UncountedRunsGrid(const Report& report) {
  Grid grid = {"Runs not included in the tables",
               {"run", "seed", "state", "epochs", "reason"},
               {},
               {}};
  for (const Run& run : report.experiment.runs) {
    if (IsCounted(run) || run.is_alias) continue;
    const std::string reason =
        !run.error.empty() ? FirstLine(run.error)
        : run.state == RunState::kFinished || run.state == RunState::kUnknown
            ? "never evaluated"
            : "";
    grid.rows.push_back({{SettingsText(run), "", false},
                         {SeedText(run), "", false},
                         {std::string(NameOf(run.state)), "", false},
                         {EpochsText(run), "", false},
                         {reason, "", false}});
  }
  return grid;
}

Grid ProvenanceGrid(const Report& report) {
  constexpr size_t kVersionColumn = 9;
  Grid grid = {
      "Provenance",
      {"run", "seed", "state", "epochs", "last", "best", "configuration",
       "plan", "teacher", "wsel", "folder"},
      {},
      {"The first 12 digits of SHA-256 digests: of config.json, and of "
       "the selection plan of the initial weights."}};
  for (const Run& run : report.experiment.runs) {
    if (run.is_alias) continue;
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
  HoistVersion(grid, kVersionColumn);
  DropEmptyColumns(grid);
  return grid;
}

std::vector<std::string> Notes(const Report& report) {
  std::vector<std::string> notes;
  for (const Run& run : report.experiment.runs) {
    if (run.is_alias) continue;
    for (const std::string& note : run.log.notes) {
      notes.push_back(fmt::format("{}: {}", run.path_text, note));
    }
  }
  return notes;
}

}  // namespace wsel::report
