#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/select/plan.h"
#include "wsel/tensor/source.h"

namespace wsel::select {

// The teacher's answers to a plan's questions, each tensor read once for each
// power. Sums are in float64 and in a fixed order, so that they do not depend
// on the number of threads. `teacher` must outlive the result. Errors, when
// asked: kMismatch where a tensor holds NaN, which has no rank.
Evidence EvidenceOf(const TensorSource& teacher);

// The flat, ascending positions of the `count` elements of largest magnitude;
// of equal ones the lower. `count` is from 1 to the number of elements.
std::vector<int64_t> LargestMagnitude(const TensorView& tensor, int64_t count);

// SHA-256 of positions as 64-bit little-endian integers.
std::string DigestOf(const std::vector<int64_t>& positions);

}  // namespace wsel::select
