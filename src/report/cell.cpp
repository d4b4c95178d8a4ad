#include "wsel/report/cell.h"

#include <algorithm>
#include <map>

namespace wsel::report {
namespace {

bool IsEvaluated(const Run& run) {
  return std::ranges::any_of(
      run.log.epochs, [](const Epoch& e) { return e.score().has_value(); });
}

MeanStd SummariseRuns(const Experiment& experiment,
                      const std::vector<size_t>& runs, Metric metric) {
  std::vector<double> values;
  for (const size_t run : runs) values.push_back(metric(experiment.runs[run]));
  return Summarise(values);
}

// Of the last evaluated epoch.
std::optional<double> LastTop5(const Run& run) {
  std::optional<double> last;
  for (const Epoch& epoch : run.log.epochs) {
    if (epoch.score()) last = epoch.top5;
  }
  return last;
}

// Empty if a run does not have the value.
std::optional<CellAccuracy> SummariseKnown(
    const Experiment& experiment, const std::vector<size_t>& runs,
    std::optional<double> (*metric)(const Run&)) {
  std::vector<double> values;
  for (const size_t run : runs) {
    const auto value = metric(experiment.runs[run]);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  return CellAccuracy{Summarise(values)};
}

// The first epoch with the highest top-1; null if none was evaluated.
const Epoch* BestEpoch(const Run& run) {
  const Epoch* best = nullptr;
  for (const Epoch& epoch : run.log.epochs) {
    const auto score = epoch.score();
    if (!score) continue;
    if (best == nullptr || *score > *best->score()) best = &epoch;
  }
  return best;
}

// The mean of the runs' curves at the epochs that all of them evaluated; the
// mean of a varying number of runs would jump.
std::vector<CurvePoint> CurveOf(const Experiment& experiment,
                                const Cell& cell) {
  size_t evaluated = 0;
  std::map<int64_t, std::vector<double>> by_epoch;
  for (const size_t i : cell.unfinished ? cell.runs : cell.counted) {
    const Run& run = experiment.runs[i];
    evaluated += IsEvaluated(run) ? 1 : 0;
    for (const Epoch& epoch : run.log.epochs) {
      if (const auto score = epoch.score()) {
        by_epoch[epoch.epoch].push_back(*score);
      }
    }
  }
  std::vector<CurvePoint> curve;
  for (const auto& [epoch, values] : by_epoch) {
    if (values.size() == evaluated) curve.push_back({epoch, Summarise(values)});
  }
  return curve;
}

}  // namespace

bool IsCounted(const Run& run) {
  return (run.state == RunState::kFinished ||
          run.state == RunState::kUnknown) &&
         IsEvaluated(run);
}

bool IsMultiLabel(const Run& run) {
  return std::ranges::any_of(run.log.epochs,
                             [](const Epoch& e) { return e.map.has_value(); });
}

std::string MetricOf(const Experiment& experiment, const Cell& cell) {
  const bool multi_label = std::ranges::any_of(cell.runs, [&](size_t run) {
    return IsMultiLabel(experiment.runs[run]);
  });
  return run::ScoreName(multi_label);
}

int64_t SkippedImages(const Run& run) {
  int64_t most = 0;
  for (const Epoch& epoch : run.log.epochs) {
    most = std::max(most, epoch.skipped.value_or(0));
  }
  return most;
}

double LastTop1(const Run& run) {
  double last = 0;
  for (const Epoch& epoch : run.log.epochs) last = epoch.score().value_or(last);
  return last;
}

double BestTop1(const Run& run) {
  const Epoch* best = BestEpoch(run);
  return best == nullptr ? 0 : *best->score();
}

std::optional<double> TestTop1(const Run& run) {
  if (!run.test) return std::nullopt;
  return run.test->top1;
}

std::optional<double> BestBalancedAccuracy(const Run& run) {
  if (run.test) return run.test->balanced_accuracy;
  const Epoch* best = BestEpoch(run);
  return best == nullptr ? std::nullopt : best->balanced_accuracy;
}

std::optional<double> BestSubsetAccuracy(const Run& run) {
  if (run.test) return run.test->subset_accuracy;
  const Epoch* best = BestEpoch(run);
  return best == nullptr ? std::nullopt : best->subset_accuracy;
}

std::optional<double> BestMacroF1(const Run& run) {
  if (run.test) return run.test->macro_f1;
  const Epoch* best = BestEpoch(run);
  return best == nullptr ? std::nullopt : best->macro_f1;
}

Cell MakeCell(const Experiment& experiment, std::vector<size_t> runs) {
  Cell cell;
  cell.runs = std::move(runs);
  for (const size_t run : cell.runs) {
    if (IsCounted(experiment.runs[run])) cell.counted.push_back(run);
  }
  cell.unfinished = cell.counted.empty();
  cell.curve = CurveOf(experiment, cell);
  if (cell.unfinished) return cell;
  cell.last = CellAccuracy{SummariseRuns(experiment, cell.counted, LastTop1)};
  cell.best = CellAccuracy{SummariseRuns(experiment, cell.counted, BestTop1)};
  if (const auto top5 = SummariseKnown(experiment, cell.counted, LastTop5)) {
    cell.top5 = top5->value;
  }
  cell.test = SummariseKnown(experiment, cell.counted, TestTop1);
  cell.balanced_accuracy =
      SummariseKnown(experiment, cell.counted, BestBalancedAccuracy);
  cell.macro_f1 = SummariseKnown(experiment, cell.counted, BestMacroF1);
  cell.subset_accuracy =
      SummariseKnown(experiment, cell.counted, BestSubsetAccuracy);
  for (const size_t run : cell.counted) {
    cell.skipped = std::max(cell.skipped, SkippedImages(experiment.runs[run]));
  }
  return cell;
}

EpochsToAccuracy ComputeEpochsToAccuracy(const Experiment& experiment,
                                         const Cell& cell, double accuracy) {
  std::vector<double> epochs;
  for (const size_t run : cell.counted) {
    const auto& all = experiment.runs[run].log.epochs;
    const auto first = std::ranges::find_if(all, [&](const Epoch& epoch) {
      return epoch.score() && *epoch.score() >= accuracy;
    });
    if (first != all.end()) epochs.push_back(static_cast<double>(first->epoch));
  }
  EpochsToAccuracy result = {accuracy, static_cast<int64_t>(epochs.size()),
                             std::nullopt};
  if (!epochs.empty()) result.epochs = Summarise(epochs);
  return result;
}

std::vector<double> RoundAccuracies(const std::vector<const Cell*>& cells) {
  constexpr double kSteps[] = {0.1, 0.2, 0.5, 1, 2, 5, 10, 20};
  constexpr size_t kMost = 6;
  double low = 100;
  double high = 0;
  for (const Cell* cell : cells) {
    if (cell->counted.empty()) continue;
    for (const CurvePoint& point : cell->curve) {
      low = std::min(low, point.top1.mean);
      high = std::max(high, point.top1.mean);
    }
  }
  for (const double step : kSteps) {
    std::vector<double> accuracies;
    for (auto i = static_cast<int64_t>(low / step) + 1;
         static_cast<double>(i) * step <= high && accuracies.size() <= kMost;
         ++i) {
      accuracies.push_back(static_cast<double>(i) * step);
    }
    if (accuracies.size() <= kMost) return accuracies;
  }
  return {};
}

Comparison Compare(const Experiment& experiment, const Cell& cell,
                   const Cell& baseline, Metric metric) {
  const auto by_seed = [&](const Cell& c) {
    std::map<uint64_t, double> values;
    for (const size_t i : c.counted) {
      const Run& run = experiment.runs[i];
      if (run.seed) values[*run.seed] = metric(run);
    }
    return values;
  };
  Comparison comparison;
  comparison.change = SummariseRuns(experiment, cell.counted, metric).mean -
                      SummariseRuns(experiment, baseline.counted, metric).mean;
  std::vector<double> values;
  std::vector<double> base;
  auto unpaired = by_seed(baseline);
  for (const auto& [seed, value] : by_seed(cell)) {
    if (const auto pair = unpaired.extract(seed)) {
      values.push_back(value);
      base.push_back(pair.mapped());
    } else {
      comparison.unpaired_seeds.push_back(seed);
    }
  }
  for (const auto& [seed, value] : unpaired) {
    comparison.unpaired_seeds.push_back(seed);
  }
  comparison.paired = ComparePairs(values, base);
  return comparison;
}

}  // namespace wsel::report
