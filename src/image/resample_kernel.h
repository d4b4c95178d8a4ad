// Torch-free.
#pragma once

#include <cstdint>
#include <vector>

#include "wsel/image/resample.h"

namespace wsel::image {

inline constexpr int kPrecisionBits = 22;

// Resampling weights along one axis, for a range of outputs: output i is the
// sum over t < count[i] of WeightsOf(i)[t] * input[first[i] + t], in fixed
// point with kPrecisionBits fractional bits.
struct KernelTable {
  int taps = 0;  // weights stored per output
  std::vector<int> first;
  std::vector<int> count;
  std::vector<int32_t> weights;

  const int32_t* WeightsOf(int output) const {
    return weights.data() + static_cast<size_t>(output) * taps;
  }
};

// The weights for outputs begin ... end - 1 when [from, to) of `inputs` pixels
// is resampled to `outputs` pixels.
KernelTable MakeKernelTable(int inputs, float from, float to, int outputs,
                            int begin, int end, Interpolation interpolation);

}  // namespace wsel::image
