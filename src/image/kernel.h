// Torch-free.
#pragma once

#include <cstdint>
#include <vector>

#include "wsel/image/resample.h"

namespace wsel::image {

inline constexpr int kPrecisionBits = 22;

// Along one axis, for a stretch of outputs: output i of them is the sum of
// weights(i)[t] * input[first[i] + t] over t < count[i], in fixed point of
// kPrecisionBits.
struct KernelTable {
  int taps = 0;  // weights are stored for each output
  std::vector<int> first;
  std::vector<int> count;
  std::vector<int32_t> weights;

  const int32_t* WeightsOf(int output) const {
    return weights.data() + static_cast<size_t>(output) * taps;
  }
};

// For outputs begin ... end - 1 of the `outputs` pixels that [from, to) of
// `inputs` are made into.
KernelTable MakeKernelTable(int inputs, float from, float to, int outputs,
                            int begin, int end, Interpolation interpolation);

}  // namespace wsel::image
