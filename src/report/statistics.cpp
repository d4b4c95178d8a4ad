#include "wsel/report/statistics.h"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>
#include <vector>

namespace wsel::report {

MeanStd Summarise(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  MeanStd result = {static_cast<int64_t>(values.size()), mean, std::nullopt};
  if (values.size() < 2) return result;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  result.std = std::sqrt(squares / (n - 1));
  return result;
}

double StudentQuantile(double p, double degrees) {
  return boost::math::quantile(boost::math::students_t(degrees), p);
}

PairedDifference ComparePairs(std::span<const double> values,
                              std::span<const double> baseline) {
  constexpr double kUpper = 0.975;  // both tails of a 95 % interval
  if (values.empty()) return {};
  std::vector<double> differences;
  for (size_t i = 0; i < values.size(); ++i) {
    differences.push_back(values[i] - baseline[i]);
  }
  const MeanStd summary = Summarise(differences);
  PairedDifference result = {summary.n, summary.mean, std::nullopt};
  if (!summary.std) return result;
  const auto n = static_cast<double>(summary.n);
  const double half =
      StudentQuantile(kUpper, n - 1) * *summary.std / std::sqrt(n);
  result.interval = {summary.mean - half, summary.mean + half};
  return result;
}

}  // namespace wsel::report
