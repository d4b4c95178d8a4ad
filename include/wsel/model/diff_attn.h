// Torch-free.
#pragma once

#include <cmath>
#include <cstdint>

namespace wsel::model {

// What differential attention (Ye et al. 2024) has beside its parameters.

// The eps of its norm in each head: timm's, whatever the other norms have.
inline constexpr double kSubNormEps = 1e-5;

// The value that lambda begins with in block number `block`: the schedule of
// the Differential Transformer.
inline double LambdaInit(int64_t block) {
  return 0.8 - 0.6 * std::exp(-0.3 * static_cast<double>(block));
}

}  // namespace wsel::model
