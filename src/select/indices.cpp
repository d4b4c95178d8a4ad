#include "indices.h"

#include <algorithm>
#include <cmath>
#include <numeric>

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

Indices Consecutive(int64_t to) {
  Indices indices(static_cast<size_t>(to));
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

Indices RandomSubset(int64_t from, int64_t to, const RandomStream& stream) {
  // The first `to` steps of a Fisher-Yates shuffle.
  Indices pool = Consecutive(from);
  for (int64_t i = 0; i < to; ++i) {
    const auto left = static_cast<uint64_t>(from - i);
    std::swap(pool[i], pool[i + stream.Below(i, left)]);
  }
  pool.resize(static_cast<size_t>(to));
  std::sort(pool.begin(), pool.end());
  return pool;
}

Indices Largest(const std::vector<double>& scores, int64_t to) {
  Indices order = Consecutive(static_cast<int64_t>(scores.size()));
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return scores[a] > scores[b]; });
  order.resize(static_cast<size_t>(to));
  std::sort(order.begin(), order.end());
  return order;
}

}  // namespace wsel::select
