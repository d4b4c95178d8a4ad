// Torch-free.
#pragma once

#include <cstdint>

namespace wsel::model {

// Numbers that loops by hand work on at once. g++ splits such a vector into
// what the instruction set has.
constexpr int64_t kLanes = 16;
using Lanes [[gnu::vector_size(kLanes * sizeof(float)), gnu::aligned(4),
              gnu::may_alias]] = float;
using Words [[gnu::vector_size(kLanes * sizeof(int32_t)), gnu::aligned(4),
              gnu::may_alias]] = int32_t;

}  // namespace wsel::model
