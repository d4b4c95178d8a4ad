// Torch-free.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>

namespace wsel::select {

// Scores whose sum over a slice is its L1 norm.
inline void L1Scores(std::span<const float> weights, std::span<double> scores) {
  std::transform(weights.begin(), weights.end(), scores.begin(),
                 [](double w) { return std::abs(w); });
}

// Scores whose sum over a slice is its squared L2 norm.
inline void SquaredL2Scores(std::span<const float> weights,
                            std::span<double> scores) {
  std::transform(weights.begin(), weights.end(), scores.begin(),
                 [](double w) { return w * w; });
}

}  // namespace wsel::select
