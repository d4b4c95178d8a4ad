// Torch-free.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include "wsel/select/selection_rule.h"

namespace wsel::select {

// `count` indices from `start` on.
inline Indices Consecutive(int64_t count, int64_t start = 0) {
  Indices indices(static_cast<size_t>(count));
  std::iota(indices.begin(), indices.end(), start);
  return indices;
}

// The first `to` of `from` indices.
inline Indices FirstOf(int64_t, int64_t to) { return Consecutive(to); }

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

// A uniformly random subset of `to` of the indices 0 ... from-1, ascending: the
// first `to` steps of a Fisher-Yates shuffle, sorted.
inline Indices RandomSubset(int64_t from, int64_t to,
                            const RandomStream& stream) {
  Indices pool = Consecutive(from);
  for (int64_t i = 0; i < to; ++i) {
    const auto left = static_cast<uint64_t>(from - i);
    std::swap(pool[i], pool[i + stream.Below(i, left)]);
  }
  pool.resize(static_cast<size_t>(to));
  std::sort(pool.begin(), pool.end());
  return pool;
}

// Scores that sum to a slice's L1 norm.
inline void L1Scores(std::span<const float> weights, std::span<double> scores) {
  std::ranges::transform(weights, scores.begin(),
                         [](double w) { return std::abs(w); });
}

// Scores that sum to a slice's squared L2 norm.
inline void SquaredL2Scores(std::span<const float> weights,
                            std::span<double> scores) {
  std::ranges::transform(weights, scores.begin(),
                         [](double w) { return w * w; });
}

}  // namespace wsel::select
