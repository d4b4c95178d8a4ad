// Torch-free.
#pragma once

#include <cstdint>
#include <vector>

#include "wsel/core/philox.h"

namespace wsel::select {

// Rules that choose `to` of the positions 0 ... from-1, in ascending order;
// 1 <= to <= from.
using Indices = std::vector<int64_t>;

// Evenly spaced (paper, Algorithm 1): every (from/to)-th where that divides,
// else i * (from-1) / (to-1) rounded to nearest, ties to even. Exact integer
// arithmetic, so every machine agrees.
Indices Uniform(int64_t from, int64_t to);

// The same as the official script computes it, by fp32 linspace. Equal to
// Uniform for the sizes of the paper; for some others (3072 -> 3016) fp32
// rounds differently, and even processors disagree.
Indices UniformFp32(int64_t from, int64_t to);

// 0 ... to-1.
Indices Consecutive(int64_t to);

// A uniformly drawn subset.
Indices RandomSubset(int64_t from, int64_t to, const RandomStream& stream);

// The positions of the `to` largest scores; of equal ones the lower.
Indices Largest(const std::vector<double>& scores, int64_t to);

}  // namespace wsel::select
