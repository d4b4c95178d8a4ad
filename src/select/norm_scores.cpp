#include "norm_scores.h"

#include <cmath>

namespace wsel::select {

void L1Scores(std::span<const float> weights, std::span<double> scores) {
  for (size_t i = 0; i < weights.size(); ++i) {
    scores[i] = std::abs(static_cast<double>(weights[i]));
  }
}

void SquaredL2Scores(std::span<const float> weights, std::span<double> scores) {
  for (size_t i = 0; i < weights.size(); ++i) {
    const auto w = static_cast<double>(weights[i]);
    scores[i] = w * w;
  }
}

}  // namespace wsel::select
