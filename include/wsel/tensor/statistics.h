// Torch-free.
#pragma once

#include <cstdint>
#include <vector>

#include "wsel/tensor/source.h"

namespace wsel {

// Summary statistics of a tensor's values. NaN is counted and excluded from the
// rest; infinities are included, and make `std` NaN. All are 0 if no value
// remains.
struct Statistics {
  double min = 0;
  double max = 0;
  double mean = 0;
  double std = 0;  // of the population: divided by n, not n - 1
  int64_t nan_count = 0;
};

// Computed in float64, from a tensor of any type. Errors: as Contiguous
// (view_shape.h).
Statistics StatisticsOf(const TensorView& view);
// Of each of the file's tensors, on all cores.
std::vector<Statistics> AllStatisticsOf(const TensorSource& file);

}  // namespace wsel
