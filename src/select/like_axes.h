// Torch-free.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "component_mapping.h"

namespace wsel::select {

// The sizes of a dimension in the teacher and, smaller, in the student. Without
// roles, dimensions that shrink between the same two sizes are assumed to be
// the same one, and one of three times the sizes of another, its fused q, k, v.
using SizePairs = std::set<std::pair<int64_t, int64_t>>;

// The sizes of all dimensions that shrink.
SizePairs ShrinkingSizes(const std::vector<MappedTensor>& tensors);

// The dimensions of a tensor's source; none if it has more or fewer of them.
std::vector<MappedAxis> AxesBySizes(const MappedTensor& tensor,
                                    const SizePairs& shrinking);

// What was assumed, a sentence each.
std::vector<std::string> Assumptions(const SizePairs& shrinking);

}  // namespace wsel::select
