#include "wsel/train/class_metrics.h"

#include <algorithm>
#include <numeric>

namespace wsel::train {
namespace {

// 0 if there are none.
double Mean(double sum, int64_t count) {
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

}  // namespace

double BalancedAccuracy(std::span<const ClassCounts> classes) {
  double recalls = 0;
  int64_t counted = 0;
  for (const ClassCounts& c : classes) {
    if (c.support == 0) continue;
    recalls += static_cast<double>(c.correct) / static_cast<double>(c.support);
    ++counted;
  }
  return Mean(recalls, counted);
}

double MacroF1(std::span<const ClassCounts> classes) {
  double scores = 0;
  int64_t counted = 0;
  for (const ClassCounts& c : classes) {
    const int64_t total = c.support + c.predicted;
    if (total == 0) continue;
    scores += static_cast<double>(2 * c.correct) / static_cast<double>(total);
    ++counted;
  }
  return Mean(scores, counted);
}

std::vector<double> BalancedClassWeights(std::span<const int64_t> samples) {
  const int64_t all =
      std::accumulate(samples.begin(), samples.end(), int64_t{0});
  const auto empty = std::ranges::count(samples, 0);
  const auto classes = static_cast<int64_t>(samples.size()) - empty;
  std::vector<double> weights;
  for (const int64_t count : samples) {
    weights.push_back(count == 0 ? 0
                                 : static_cast<double>(all) /
                                       static_cast<double>(classes * count));
  }
  return weights;
}

std::vector<double> BalancedPosWeights(std::span<const int64_t> samples,
                                       int64_t all) {
  std::vector<double> weights;
  for (const int64_t count : samples) {
    const bool varies = count > 0 && count < all;
    weights.push_back(varies ? static_cast<double>(all - count) /
                                   static_cast<double>(count)
                             : 1);
  }
  return weights;
}

}  // namespace wsel::train
