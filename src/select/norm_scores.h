// Torch-free.
#pragma once

#include <span>

namespace wsel::select {

// Scores whose sum over a slice is its L1 norm: |w|.
void L1Scores(std::span<const float> weights, std::span<double> scores);

// Scores whose sum over a slice is its squared L2 norm: w^2.
void SquaredL2Scores(std::span<const float> weights, std::span<double> scores);

}  // namespace wsel::select
