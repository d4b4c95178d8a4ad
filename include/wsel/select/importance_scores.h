// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/select/plan.h"
#include "wsel/tensor/source.h"

namespace wsel::select {

// Importance scores of a teacher's weights; each tensor is read once per score.
// Sums are in float64 and in a fixed order, so that they do not depend on the
// number of threads. `teacher` must outlive the result. Errors, when its
// functions are called: kMismatch for a tensor that contains NaN, which cannot
// be ranked.
ImportanceScores ImportanceScoresOf(const TensorSource& teacher);

// The flat, ascending indices of the `count` elements of largest magnitude;
// ties go to the lower index. `count` is from 1 to the number of elements.
std::vector<int64_t> LargestMagnitude(const TensorView& tensor, int64_t count);

// SHA-256 of indices as 64-bit little-endian integers.
std::string DigestOf(const std::vector<int64_t>& indices);

}  // namespace wsel::select
