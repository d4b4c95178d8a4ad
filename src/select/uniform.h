// Torch-free.
#pragma once

#include <cmath>

#include "wsel/select/selection_rule.h"

namespace wsel::select {

// numerator / denominator to the nearest integer, ties to even.
inline int64_t RoundedQuotient(int64_t numerator, int64_t denominator) {
  const int64_t quotient = numerator / denominator;
  const int64_t twice = 2 * (numerator % denominator);
  const bool up =
      twice > denominator || (twice == denominator && quotient % 2 == 1);
  return quotient + (up ? 1 : 0);
}

// Every (from/to)-th.
inline Indices Strided(int64_t from, int64_t to) {
  Indices indices(static_cast<size_t>(to));
  for (int64_t i = 0; i < to; ++i) indices[i] = i * (from / to);
  return indices;
}

// Evenly spaced (paper, Algorithm 1): every (from/to)-th if `to` divides
// `from`, else i * (from-1) / (to-1) rounded to nearest, ties to even. Integer
// arithmetic, so the result is the same on every machine.
inline Indices Uniform(int64_t from, int64_t to) {
  if (from % to == 0) return Strided(from, to);
  Indices indices(static_cast<size_t>(to));
  for (int64_t i = 0; i < to; ++i) {
    indices[i] = RoundedQuotient(i * (from - 1), to - 1);
  }
  return indices;
}

// As the official script computes it, by fp32 linspace. Equal to Uniform for
// the paper's sizes; for some others (3072 -> 3016) fp32 rounds differently,
// and the result even depends on the processor.
inline Indices UniformFp32(int64_t from, int64_t to) {
  if (from % to == 0) return Strided(from, to);
  // As at::linspace: counts from the start in the first half, and from the end
  // in the second.
  const auto end = static_cast<float>(from - 1);
  const float step = end / static_cast<float>(to - 1);
  Indices indices(static_cast<size_t>(to));
  for (int64_t i = 0; i < to; ++i) {
    const float x = i < to / 2 ? step * static_cast<float>(i)
                               : end - step * static_cast<float>(to - 1 - i);
    indices[i] = static_cast<int64_t>(std::nearbyint(x));
  }
  return indices;
}

}  // namespace wsel::select
