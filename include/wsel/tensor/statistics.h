#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "wsel/tensor/source.h"

namespace wsel {

// What a tensor's numbers look like. NaN is counted and left out of the rest;
// infinities are not left out. All are 0 where no number is left.
struct Statistics {
  double min = 0;
  double max = 0;
  double mean = 0;
  double std = 0;  // of the population, divided by the count
  int64_t nan_count = 0;
};

// Computed in float64. A tensor is of any type of numbers.
Statistics StatisticsOf(const at::Tensor& tensor);
Statistics StatisticsOf(const TensorView& view);

}  // namespace wsel
