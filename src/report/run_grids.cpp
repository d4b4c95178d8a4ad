#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "grid.h"

namespace wsel::report {
namespace {

std::string EpochsText(const Run& run) {
  const int64_t done = run.log.last_epoch();
  if (run.epochs_planned == 0) return std::to_string(done);
  return fmt::format("{}/{}", done, run.epochs_planned);
}

std::string SettingsText(const Run& run) {
  std::vector<std::string_view> values;
  for (const auto& [_, value] : run.settings) values.push_back(value);
  return fmt::format("{}", fmt::join(values, ", "));
}

std::string SeedText(const Run& run) {
  return run.seed ? std::to_string(*run.seed) : kNothing;
}

std::string Short(std::string_view digest) {
  return std::string(digest.substr(0, 12));
}

std::string_view NameOf(RunState state) {
  return run::RunStates().NameOf(state);
}

// Drops columns that are empty for every run, such as the plan without
// selection.
void DropEmptyColumns(Grid& grid) {
  for (size_t i = grid.header.size(); i-- > 1;) {
    const auto is_empty = [i](const auto& row) { return row[i].text.empty(); };
    if (!std::ranges::all_of(grid.rows, is_empty)) continue;
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
  std::map<RunState, size_t> counts;
  for (const Run& run : report.experiment.runs) {
    if (run.is_alias) continue;
    ++all;
    ++counts[run.state];
  }
  const size_t logs = counts[RunState::kUnknown];
  if (logs == all) {
    return fmt::format("{} log{}, assumed finished.", all, all == 1 ? "" : "s");
  }
  std::string line = fmt::format("{} of {} runs {} finished",
                                 counts[RunState::kFinished] + logs, all,
                                 all == 1 ? "is" : "are");
  std::vector<std::string> others;
  for (const RunState state : {RunState::kRunning, RunState::kFailed,
                               RunState::kUnfinished, RunState::kWaiting}) {
    if (const size_t n = counts[state]; n > 0) {
      others.push_back(fmt::format("{} {}", n, NameOf(state)));
    }
  }
  if (!others.empty()) line += fmt::format("; {}", fmt::join(others, ", "));
  return line + ".";
}

Grid UncountedRunsGrid(const Report& report) {
  Grid grid = {"Runs not included in the tables",
               {"run", "seed", "state", "epochs", "reason"}};
  for (const Run& run : report.experiment.runs) {
    if (IsCounted(run) || run.is_alias) continue;
    const std::string reason =
        !run.error.empty() ? run.error.substr(0, run.error.find('\n'))
        : run.state == RunState::kFinished || run.state == RunState::kUnknown
            ? "never evaluated"
            : "";
    grid.rows.push_back({{SettingsText(run)},
                         {SeedText(run)},
                         {std::string(NameOf(run.state))},
                         {EpochsText(run)},
                         {reason}});
  }
  return grid;
}

Grid ProvenanceGrid(const Report& report) {
  constexpr size_t kVersionColumn = 9;
  Grid grid = {"Provenance",
               {"run", "seed", "state", "epochs", "last", "best",
                "configuration", "plan", "teacher", "wsel", "folder"},
               {},
               {"The first 12 digits of SHA-256 digests: of config.json, and "
                "of the selection plan of the initial weights."}};
  for (const Run& run : report.experiment.runs) {
    if (run.is_alias) continue;
    const bool counted = IsCounted(run);
    std::vector<GridText>& texts = grid.rows.emplace_back();
    for (std::string text :
         {SettingsText(run), SeedText(run), std::string(NameOf(run.state)),
          EpochsText(run), counted ? Accuracy(LastTop1(run)) : kNothing,
          counted ? Accuracy(BestTop1(run)) : kNothing,
          Short(run.config_digest), Short(ValueOf(run.provenance, "plan")),
          std::string(ValueOf(run.provenance, "teacher")),
          std::string(ValueOf(run.provenance, "version")), run.path_text}) {
      texts.push_back({std::move(text)});
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
    if (const int64_t skipped = SkippedImages(run); skipped > 0) {
      notes.push_back(
          fmt::format("{}: its accuracies leave out up to {} corrupt test "
                      "images",
                      run.path_text, skipped));
    }
  }
  for (const std::string& why : report.experiment.unread) {
    notes.push_back(fmt::format("left out, as it cannot be read: {}", why));
  }
  return notes;
}

}  // namespace wsel::report
