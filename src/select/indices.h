// Torch-free.
#pragma once

#include <cstdint>
#include <vector>

#include "wsel/core/philox.h"

namespace wsel::select {

// Rules that select `to` of the indices 0 ... from-1, in ascending order;
// 1 <= to <= from.
using Indices = std::vector<int64_t>;

// Evenly spaced (paper, Algorithm 1): every (from/to)-th if `to` divides
// `from`, else i * (from-1) / (to-1) rounded to nearest, ties to even. Integer
// arithmetic, so the result is the same on every machine.
Indices Uniform(int64_t from, int64_t to);

// As the official script computes it, by fp32 linspace. Equal to Uniform for
// the paper's sizes; for some others (3072 -> 3016) fp32 rounds differently,
// and the result even depends on the processor.
Indices UniformFp32(int64_t from, int64_t to);

// 0 ... to-1.
Indices Consecutive(int64_t to);

// A uniformly random subset.
Indices RandomSubset(int64_t from, int64_t to, const RandomStream& stream);

// The indices of the `to` largest scores; ties go to the lower index.
Indices Largest(const std::vector<double>& scores, int64_t to);

}  // namespace wsel::select
