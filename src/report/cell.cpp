#include "wsel/report/cell.h"

#include <algorithm>
#include <map>

namespace wsel::report {
namespace {

bool IsEvaluated(const Run& run) {
  return std::any_of(run.log.epochs.begin(), run.log.epochs.end(),
                     [](const Epoch& e) { return e.top1.has_value(); });
}

std::vector<double> Collect(const Experiment& experiment,
                            const std::vector<size_t>& runs,
                            double (*metric)(const Run&)) {
  std::vector<double> values;
  for (const size_t run : runs) values.push_back(metric(experiment.runs[run]));
  return values;
}

// Of the last evaluated epoch of all runs; empty if a run has no top-5.
std::optional<MeanStd> LastTop5(const Experiment& experiment,
                                const std::vector<size_t>& runs) {
  std::vector<double> values;
  for (const size_t run : runs) {
    const auto& epochs = experiment.runs[run].log.epochs;
    const auto last =
        std::find_if(epochs.rbegin(), epochs.rend(),
                     [](const Epoch& e) { return e.top1.has_value(); });
    if (last == epochs.rend() || !last->top5) return std::nullopt;
    values.push_back(*last->top5);
  }
  if (values.empty()) return std::nullopt;
  return Summarise(values);
}

// The runs whose mean is the curve of the cell.
std::vector<const Run*> CurveRuns(const Experiment& experiment,
                                  const Cell& cell) {
  std::vector<const Run*> runs;
  for (const size_t run : cell.unfinished ? cell.runs : cell.counted) {
    const Run& candidate = experiment.runs[run];
    if (IsEvaluated(candidate)) runs.push_back(&candidate);
  }
  return runs;
}

std::optional<int64_t> FirstEpochAt(const Run& run, double accuracy) {
  for (const Epoch& epoch : run.log.epochs) {
    if (epoch.top1 && *epoch.top1 >= accuracy) return epoch.epoch;
  }
  return std::nullopt;
}

}  // namespace

bool IsCounted(const Run& run) {
  return (run.state == RunState::kFinished ||
          run.state == RunState::kUnknown) &&
         IsEvaluated(run);
}

double LastTop1(const Run& run) {
  double last = 0;
  for (const Epoch& epoch : run.log.epochs) last = epoch.top1.value_or(last);
  return last;
}

double BestTop1(const Run& run) {
  double best = 0;
  for (const Epoch& epoch : run.log.epochs) {
    best = std::max(best, epoch.top1.value_or(0));
  }
  return best;
}

std::vector<CurvePoint> MeanCurve(const std::vector<const Run*>& runs) {
  std::map<int64_t, std::vector<double>> by_epoch;
  for (const Run* run : runs) {
    for (const Epoch& epoch : run->log.epochs) {
      if (epoch.top1) by_epoch[epoch.epoch].push_back(*epoch.top1);
    }
  }
  std::vector<CurvePoint> curve;
  for (const auto& [epoch, values] : by_epoch) {
    if (values.size() == runs.size()) {
      curve.push_back({epoch, Summarise(values)});
    }
  }
  return curve;
}

Cell MakeCell(const Experiment& experiment, std::vector<size_t> runs) {
  Cell cell;
  cell.runs = std::move(runs);
  for (const size_t run : cell.runs) {
    if (IsCounted(experiment.runs[run])) cell.counted.push_back(run);
  }
  cell.unfinished = cell.counted.empty();
  cell.curve = MeanCurve(CurveRuns(experiment, cell));
  if (cell.unfinished) return cell;
  cell.last = CellAccuracy{
      Summarise(Collect(experiment, cell.counted, LastTop1)), false, {}};
  cell.best = CellAccuracy{
      Summarise(Collect(experiment, cell.counted, BestTop1)), false, {}};
  cell.top5 = LastTop5(experiment, cell.counted);
  return cell;
}

EpochsToAccuracy ComputeEpochsToAccuracy(const Experiment& experiment,
                                         const Cell& cell, double accuracy) {
  EpochsToAccuracy result = {accuracy, 0, std::nullopt};
  std::vector<double> epochs;
  for (const size_t run : cell.counted) {
    const auto first = FirstEpochAt(experiment.runs[run], accuracy);
    if (first) epochs.push_back(static_cast<double>(*first));
  }
  result.num_reached = static_cast<int64_t>(epochs.size());
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
                   const Cell& baseline, double (*metric)(const Run&)) {
  const auto mean = [&](const Cell& c) {
    return Summarise(Collect(experiment, c.counted, metric)).mean;
  };
  const auto by_seed = [&](const Cell& c) {
    std::map<uint64_t, double> values;
    for (const size_t run : c.counted) {
      const Run& r = experiment.runs[run];
      if (r.seed) values[*r.seed] = metric(r);
    }
    return values;
  };
  const auto cell_values = by_seed(cell);
  const auto baseline_values = by_seed(baseline);
  Comparison comparison;
  comparison.change = mean(cell) - mean(baseline);
  std::vector<double> values;
  std::vector<double> base;
  for (const auto& [seed, value] : cell_values) {
    const auto pair = baseline_values.find(seed);
    if (pair == baseline_values.end()) {
      comparison.unpaired_seeds.push_back(seed);
      continue;
    }
    values.push_back(value);
    base.push_back(pair->second);
  }
  for (const auto& [seed, value] : baseline_values) {
    if (!cell_values.contains(seed)) comparison.unpaired_seeds.push_back(seed);
  }
  comparison.paired = ComparePairs(values, base);
  return comparison;
}

}  // namespace wsel::report
