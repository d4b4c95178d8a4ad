#include "uniform.h"

#include <cmath>

namespace wsel::select {
namespace {

// numerator / denominator to the nearest integer, ties to even.
int64_t RoundedQuotient(int64_t numerator, int64_t denominator) {
  const int64_t quotient = numerator / denominator;
  const int64_t twice = 2 * (numerator % denominator);
  const bool up =
      twice > denominator || (twice == denominator && quotient % 2 == 1);
  return quotient + (up ? 1 : 0);
}

Indices Strided(int64_t from, int64_t to) {
  Indices indices(static_cast<size_t>(to));
  for (int64_t i = 0; i < to; ++i) indices[i] = i * (from / to);
  return indices;
}

}  // namespace

Indices Uniform(int64_t from, int64_t to) {
  if (from % to == 0) return Strided(from, to);
  Indices indices(static_cast<size_t>(to));
  for (int64_t i = 0; i < to; ++i) {
    indices[i] = RoundedQuotient(i * (from - 1), to - 1);
  }
  return indices;
}

Indices UniformFp32(int64_t from, int64_t to) {
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
