// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace wsel::report {

// Summary of a sample.
struct MeanStd {
  int64_t n = 0;
  double mean = 0;
  // The sample standard deviation, divided by n - 1; empty if n is 1.
  std::optional<double> std;
};

// `values` is not empty.
MeanStd Summarise(std::span<const double> values);

// The `p` quantile, 0 < p < 1, of Student's t distribution with `degrees` > 0
// degrees of freedom.
double StudentQuantile(double p, double degrees);

struct Interval {
  double low = 0;
  double high = 0;
};

// The mean of value - baseline over pairs and its 95 % confidence interval:
// mean +- t(0.975, n - 1) std / sqrt(n), as scipy's ttest_rel. A single pair
// has no interval.
struct PairedDifference {
  int64_t n = 0;
  double mean = 0;  // 0 if n is 0
  std::optional<Interval> interval;
};

// values[i] and baseline[i] are a pair; both have the same length.
PairedDifference ComparePairs(std::span<const double> values,
                              std::span<const double> baseline);

}  // namespace wsel::report
