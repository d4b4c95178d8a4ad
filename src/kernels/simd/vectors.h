// Torch-free.
#pragma once

#include <cstdint>

namespace wsel::kernels {

// SIMD vectors of the hand-written kernels. The compiler splits them into the
// registers of the instruction set.
constexpr int64_t kLanes = 16;
using FloatVec [[gnu::vector_size(kLanes * sizeof(float)), gnu::aligned(4),
                 gnu::may_alias]] = float;
using IntVec [[gnu::vector_size(kLanes * sizeof(int32_t)), gnu::aligned(4),
               gnu::may_alias]] = int32_t;

}  // namespace wsel::kernels
