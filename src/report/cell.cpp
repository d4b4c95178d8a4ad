#include "wsel/report/cell.h"

#include <algorithm>
#include <map>

namespace wsel::report {
namespace {

bool IsEvaluated(const Run& run) {
  return std::any_of(run.log.epochs.begin(), run.log.epochs.end(),
                     [](const Epoch& e) { return e.top1.has_value(); });
}

std::vector<double> Of(const Study& study, const std::vector<size_t>& runs,
                       double (*measure)(const Run&)) {
  std::vector<double> values;
  for (const size_t run : runs) values.push_back(measure(study.runs[run]));
  return values;
}

// Of the last evaluated epoch of all runs, or nothing where one did not say.
std::optional<Spread> LastTop5(const Study& study,
                               const std::vector<size_t>& runs) {
  std::vector<double> values;
  for (const size_t run : runs) {
    const auto& epochs = study.runs[run].log.epochs;
    const auto last =
        std::find_if(epochs.rbegin(), epochs.rend(),
                     [](const Epoch& e) { return e.top1.has_value(); });
    if (last == epochs.rend() || !last->top5) return std::nullopt;
    values.push_back(*last->top5);
  }
  if (values.empty()) return std::nullopt;
  return SpreadOf(values);
}

std::vector<const Run*> Curved(const Study& study, const Cell& cell) {
  std::vector<const Run*> runs;
  for (const size_t run : cell.under_way ? cell.runs : cell.counted) {
    if (IsEvaluated(study.runs[run])) runs.push_back(&study.runs[run]);
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
      curve.push_back({epoch, SpreadOf(values)});
    }
  }
  return curve;
}

Cell MakeCell(const Study& study, std::vector<size_t> runs) {
  Cell cell;
  cell.runs = std::move(runs);
  for (const size_t run : cell.runs) {
    if (IsCounted(study.runs[run])) cell.counted.push_back(run);
  }
  cell.under_way = cell.counted.empty();
  cell.curve = MeanCurve(Curved(study, cell));
  if (cell.under_way) return cell;
  cell.last = Measure{SpreadOf(Of(study, cell.counted, LastTop1)), false, {}};
  cell.best = Measure{SpreadOf(Of(study, cell.counted, BestTop1)), false, {}};
  cell.top5 = LastTop5(study, cell.counted);
  return cell;
}

Reach ReachOf(const Study& study, const Cell& cell, double accuracy) {
  Reach reach = {accuracy, 0, std::nullopt};
  std::vector<double> epochs;
  for (const size_t run : cell.counted) {
    const auto first = FirstEpochAt(study.runs[run], accuracy);
    if (first) epochs.push_back(static_cast<double>(*first));
  }
  reach.reached = static_cast<int64_t>(epochs.size());
  if (!epochs.empty()) reach.epochs = SpreadOf(epochs);
  return reach;
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

Comparison Compare(const Study& study, const Cell& cell, const Cell& baseline,
                   double (*measure)(const Run&)) {
  const auto mean = [&](const Cell& c) {
    return SpreadOf(Of(study, c.counted, measure)).mean;
  };
  const auto by_seed = [&](const Cell& c) {
    std::map<int64_t, double> values;
    for (const size_t run : c.counted) {
      const Run& one = study.runs[run];
      if (one.seed) values[*one.seed] = measure(one);
    }
    return values;
  };
  const auto mine = by_seed(cell);
  const auto theirs = by_seed(baseline);
  Comparison comparison;
  comparison.change = mean(cell) - mean(baseline);
  std::vector<double> values;
  std::vector<double> base;
  for (const auto& [seed, value] : mine) {
    const auto partner = theirs.find(seed);
    if (partner == theirs.end()) {
      comparison.alone.push_back(seed);
      continue;
    }
    values.push_back(value);
    base.push_back(partner->second);
  }
  for (const auto& [seed, value] : theirs) {
    if (!mine.contains(seed)) comparison.alone.push_back(seed);
  }
  comparison.paired = ComparePairs(values, base);
  return comparison;
}

}  // namespace wsel::report
