#include "resample_kernel.h"

#include <algorithm>
#include <cmath>

namespace wsel::image {
namespace {

double Triangle(double x) {
  x = std::abs(x);
  return x < 1 ? 1 - x : 0;
}

// Keys' cubic with a = -0.5. The result depends on the order of operations.
double Cubic(double x) {
  constexpr double kA = -0.5;
  x = std::abs(x);
  if (x < 1) return ((kA + 2) * x - (kA + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * kA;
  return 0;
}

int RoundHalfUp(double x) { return static_cast<int>(std::floor(x + 0.5)); }

int32_t ToFixed(double weight) {
  const double scaled = weight * (1 << kPrecisionBits);
  return static_cast<int32_t>(weight < 0 ? scaled - 0.5 : scaled + 0.5);
}

// Weights at positions first, first + 1, ... around `center`, normalised to
// sum 1. Sums and divides in Pillow's order.
void FillWeights(int first, double center, double filter_scale, bool cubic,
                 std::vector<double>& weights) {
  const double inverse = 1 / filter_scale;
  double sum = 0;
  for (size_t t = 0; t < weights.size(); ++t) {
    const double x = (static_cast<int>(t) + first - center + 0.5) * inverse;
    weights[t] = cubic ? Cubic(x) : Triangle(x);
    sum += weights[t];
  }
  if (sum == 0) return;
  for (double& weight : weights) weight /= sum;
}

}  // namespace

KernelTable MakeKernelTable(int inputs, float from, float to, int outputs,
                            int begin, int end, Interpolation interpolation) {
  const bool cubic = interpolation == Interpolation::kBicubic;
  const double scale = static_cast<double>(to - from) / outputs;
  const double filter_scale = std::max(scale, 1.0);
  const double support = (cubic ? 2 : 1) * filter_scale;
  KernelTable table;
  table.taps = static_cast<int>(std::ceil(support)) * 2 + 1;
  const int count = end - begin;
  table.first.resize(count);
  table.count.resize(count);
  table.weights.resize(static_cast<size_t>(count) * table.taps);
  std::vector<double> weights;
  for (int i = 0; i < count; ++i) {
    const double center = from + (begin + i + 0.5) * scale;
    const int first = std::max(RoundHalfUp(center - support), 0);
    const int last = std::min(RoundHalfUp(center + support), inputs);
    weights.resize(std::max(last - first, 0));
    FillWeights(first, center, filter_scale, cubic, weights);
    std::transform(
        weights.begin(), weights.end(),
        table.weights.begin() + static_cast<ptrdiff_t>(i) * table.taps,
        ToFixed);
    table.first[i] = first;
    table.count[i] = static_cast<int>(weights.size());
  }
  return table;
}

}  // namespace wsel::image
