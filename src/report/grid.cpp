#include "wsel/report/grid.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace wsel::report {
namespace {

constexpr const char* kNothing = "\u2013";

std::string Signed(double value) {
  // A zero that was rounded has no sign.
  if (std::lround(value * 100) == 0) return "0.00";
  return fmt::format("{}{:.2f}", value < 0 ? "\u2212" : "+", std::abs(value));
}

std::string Arrow(double change) {
  if (std::lround(change * 100) == 0) return "=";
  return fmt::format("{}{:.2f}", change < 0 ? "\u2193" : "\u2191",
                     std::abs(change));
}

// "init" over the rows' labels, or something where there is no axis.
std::string RowTitle(const Report& report) {
  const std::string names = NamesOf(report.study, report.layout.row_axes);
  return names.empty() ? "run" : names;
}

std::string ColumnTitle(const Report& report, size_t column) {
  const Key& key = report.layout.columns[column];
  return key.empty() ? "top-1" : LabelOf(key);
}

GridText MeasureText(const Measure& measure, int64_t usual) {
  GridText text = {SpreadText(measure.spread), "", measure.best};
  std::vector<std::string> remarks;
  if (measure.change) remarks.push_back(Arrow(measure.change->change));
  if (measure.spread.n < usual) {
    remarks.push_back(fmt::format("n = {}", measure.spread.n));
  }
  text.remark = fmt::to_string(fmt::join(remarks, ", "));
  return text;
}

// "data = cifar100, model = vit_tiny": what all runs have alike.
std::string FixedAxes(const Report& report) {
  std::vector<std::string> all;
  for (const size_t axis : report.layout.fixed_axes) {
    all.push_back(fmt::format("{} = {}", report.study.axes[axis].name,
                              report.study.axes[axis].values.front()));
  }
  return fmt::to_string(fmt::join(all, ", "));
}

std::vector<std::string> AccuracyCaptions(const Report& report) {
  std::vector<std::string> captions;
  const int64_t usual = UsualCount(report);
  if (usual == 1) {
    captions.push_back("n = 1: no deviation.");
  } else if (usual > 1) {
    captions.push_back(fmt::format(
        "Mean \u00B1 standard deviation over seeds, n = {} where nothing else "
        "is said; bold: the best of a column.",
        usual));
  }
  if (!report.layout.baseline.empty()) {
    captions.push_back(
        fmt::format("Arrows: against {}.", report.layout.baseline));
  }
  if (const std::string fixed = FixedAxes(report); !fixed.empty()) {
    captions.push_back(fmt::format("All runs: {}.", fixed));
  }
  return captions;
}

Grid AccuracyGrid(const Report& report, const char* title,
                  std::optional<Measure> Cell::*which) {
  Grid grid = {title, {RowTitle(report)}, {}, AccuracyCaptions(report)};
  for (size_t column = 0; column < report.layout.columns.size(); ++column) {
    grid.header.push_back(ColumnTitle(report, column));
  }
  for (size_t row = 0; row < report.cells.size(); ++row) {
    auto& texts = grid.rows.emplace_back();
    texts.push_back({LabelOf(report.layout.rows[row]), "", false});
    for (const Cell& cell : report.cells[row]) {
      const auto& measure = cell.*which;
      texts.push_back(measure ? MeasureText(*measure, UsualCount(report))
                              : GridText{kNothing, "", false});
    }
  }
  return grid;
}

// Whether nought lies within says what a reader looks for.
GridText IntervalText(const PairedDifference& paired) {
  if (paired.n == 0) return {kNothing, "no seed in common", false};
  if (!paired.interval) return {"n = 1: no deviation", "", false};
  const auto [low, high] = *paired.interval;
  const bool apart = low > 0 || high < 0;
  return {fmt::format("{} to {}", Signed(low), Signed(high)),
          apart ? "" : "0 lies within", false};
}

GridText PairsText(const Comparison& comparison) {
  GridText text = {std::to_string(comparison.paired.n), "", false};
  if (!comparison.alone.empty()) {
    text.remark = fmt::format("seeds without partner: {}",
                              fmt::join(comparison.alone, ", "));
  }
  return text;
}

std::string ReachText(const Reach& reach) {
  if (!reach.epochs) return "not reached";
  if (!reach.epochs->deviation) return fmt::format("{}", reach.epochs->mean);
  return fmt::format("{:.1f} \u00B1 {:.1f}", reach.epochs->mean,
                     *reach.epochs->deviation);
}

Grid ReachGrid(const Report& report, size_t column) {
  Grid grid = {"Epochs to reach a top-1", {RowTitle(report)}, {}, {}};
  if (report.layout.columns.size() > 1) {
    grid.title += ", " + ColumnTitle(report, column);
  }
  for (size_t row = 0; row < report.cells.size(); ++row) {
    const Cell& cell = report.cells[row][column];
    if (cell.reach.empty()) continue;
    if (grid.header.size() == 1) {
      for (const Reach& reach : cell.reach) {
        grid.header.push_back(fmt::format("{:g} %", reach.accuracy));
      }
    }
    auto& texts = grid.rows.emplace_back();
    texts.push_back({LabelOf(report.layout.rows[row]), "", false});
    for (const Reach& reach : cell.reach) {
      const auto n = static_cast<int64_t>(cell.counted.size());
      const bool some = reach.reached > 0 && reach.reached < n;
      texts.push_back(
          {ReachText(reach),
           some ? fmt::format("{} of {} runs", reach.reached, n) : "", false});
    }
  }
  grid.captions.push_back(
      "The first evaluated epoch of at least that top-1; mean over the runs "
      "that reach it.");
  return grid;
}

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

}  // namespace

std::string Accuracy(double percent) { return fmt::format("{:.2f}", percent); }

std::string SpreadText(const Spread& spread) {
  if (!spread.deviation) return Accuracy(spread.mean);
  return fmt::format("{} \u00B1 {}", Accuracy(spread.mean),
                     Accuracy(*spread.deviation));
}

std::string StatusLine(const Report& report) {
  const size_t all = report.study.runs.size();
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

Grid LastGrid(const Report& report) {
  return AccuracyGrid(report, "Top-1 after the last epoch (%)", &Cell::last);
}

Grid BestGrid(const Report& report) {
  return AccuracyGrid(report, "Best top-1 of all epochs (%)", &Cell::best);
}

Grid ComparisonGrid(const Report& report) {
  const bool columned = report.layout.columns.size() > 1;
  Grid grid = {fmt::format("Differences to {}", report.layout.baseline),
               {RowTitle(report)},
               {},
               {"Top-1 after the last epoch, paired by seed; 95 % confidence "
                "interval by Student's t, not corrected for the number of "
                "comparisons."}};
  if (columned) {
    grid.header.push_back(NamesOf(report.study, report.layout.column_axes));
    grid.labels = 2;
  }
  for (const char* title : {"pairs", "difference", "95 % interval"}) {
    grid.header.emplace_back(title);
  }
  for (size_t row = 0; row < report.cells.size(); ++row) {
    for (size_t column = 0; column < report.cells[row].size(); ++column) {
      const auto& measure = report.cells[row][column].last;
      if (!measure || !measure->change) continue;
      const Comparison& change = *measure->change;
      auto& texts = grid.rows.emplace_back();
      texts.push_back({LabelOf(report.layout.rows[row]), "", false});
      if (columned) texts.push_back({ColumnTitle(report, column), "", false});
      texts.push_back(PairsText(change));
      texts.push_back(
          {change.paired.n == 0 ? kNothing : Signed(change.paired.mean), "",
           false});
      texts.push_back(IntervalText(change.paired));
    }
  }
  return grid;
}

std::vector<Grid> ReachGrids(const Report& report) {
  std::vector<Grid> grids;
  for (size_t column = 0; column < report.layout.columns.size(); ++column) {
    grids.push_back(ReachGrid(report, column));
  }
  return grids;
}

Grid DifferenceGrid(const Report& report) {
  Grid grid = {"What the configurations have otherwise", {"key"}, {}, {}};
  for (const Key& row : report.layout.rows) {
    grid.header.push_back(LabelOf(row));
  }
  for (const Difference& difference : report.differences) {
    auto& texts = grid.rows.emplace_back();
    texts.push_back({difference.path, "", false});
    for (const std::string& value : difference.values) {
      texts.push_back({value.empty() ? kNothing : value, "", false});
    }
  }
  return grid;
}

Grid OpenRunsGrid(const Report& report) {
  Grid grid = {"Runs that no table counts",
               {"run", "seed", "state", "epochs", "why"},
               {},
               {}};
  for (const Run& run : report.study.runs) {
    if (IsCounted(run)) continue;
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
  Grid grid = {"Provenance",
               {"run", "seed", "state", "epochs", "last", "best",
                "configuration", "plan", "teacher", "wsel", "folder"},
               {},
               {"Digests are SHA-256, their first 12 digits: of config.json, "
                "and of the plan by which the start was selected."}};
  for (const Run& run : report.study.runs) {
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
  return grid;
}

std::vector<std::string> Notes(const Report& report) {
  std::vector<std::string> notes;
  for (const Run& run : report.study.runs) {
    for (const std::string& note : run.log.notes) {
      notes.push_back(fmt::format("{}: {}", run.path_text, note));
    }
  }
  return notes;
}

std::vector<Grid> Grids(const Report& report) {
  std::vector<Grid> grids = {LastGrid(report), BestGrid(report),
                             ComparisonGrid(report)};
  for (Grid& grid : ReachGrids(report)) grids.push_back(std::move(grid));
  grids.push_back(DifferenceGrid(report));
  grids.push_back(OpenRunsGrid(report));
  std::erase_if(grids, [](const Grid& grid) { return grid.rows.empty(); });
  return grids;
}

}  // namespace wsel::report
