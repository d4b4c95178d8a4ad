// Torch-free.
#pragma once

#include <cstdint>
#include <vector>

#include "wsel/image/resample.h"

namespace wsel::image {

inline constexpr int kPrecisionBits = 22;

// Along one axis: output i is the sum of weights(i)[t] * input[first[i] + t]
// over t < count[i], in fixed point of kPrecisionBits.
struct KernelTable {
  int taps = 0;  // weights are stored for each output
  std::vector<int> first;
  std::vector<int> count;
  std::vector<int32_t> weights;

  const int32_t* WeightsOf(int output) const {
    return weights.data() + static_cast<size_t>(output) * taps;
  }
};

// For `outputs` pixels made of [from, to) of `inputs`.
KernelTable MakeKernelTable(int inputs, float from, float to, int outputs,
                            Interpolation interpolation);

}  // namespace wsel::image
