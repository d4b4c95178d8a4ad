// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace wsel::report {

// What several runs gave.
struct Spread {
  int64_t n = 0;
  double mean = 0;
  // The sample's, divided by n - 1; one value has none.
  std::optional<double> deviation;
};

// `values` is not empty.
Spread SpreadOf(std::span<const double> values);

// Student's t with `degrees` > 0 degrees of freedom: the t below which a share
// `p`, 0 < p < 1, of the distribution lies.
double StudentQuantile(double p, double degrees);

struct Interval {
  double low = 0;
  double high = 0;
};

// The mean of value - baseline over pairs, and where the true mean lies with a
// confidence of 95 %: mean +- t(0.975, n - 1) deviation / sqrt(n), as scipy's
// ttest_rel. One pair has no interval.
struct PairedDifference {
  int64_t n = 0;
  double mean = 0;  // 0 where n is
  std::optional<Interval> interval;
};

// Pairs stand at equal places; both are equally long.
PairedDifference ComparePairs(std::span<const double> values,
                              std::span<const double> baseline);

}  // namespace wsel::report
