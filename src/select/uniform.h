// Torch-free.
#pragma once

#include "wsel/select/selection_rule.h"

namespace wsel::select {

// Evenly spaced (paper, Algorithm 1): every (from/to)-th if `to` divides
// `from`, else i * (from-1) / (to-1) rounded to nearest, ties to even. Integer
// arithmetic, so the result is the same on every machine.
Indices Uniform(int64_t from, int64_t to);

// As the official script computes it, by fp32 linspace. Equal to Uniform for
// the paper's sizes; for some others (3072 -> 3016) fp32 rounds differently,
// and the result even depends on the processor.
Indices UniformFp32(int64_t from, int64_t to);

}  // namespace wsel::select
