#include "gelu_gradient.h"

#include <cstring>

namespace wsel::model {
namespace {

constexpr int64_t kLanes = 16;

// g++ splits them into what the instruction set has.
using Lanes [[gnu::vector_size(kLanes * sizeof(float)), gnu::aligned(4),
              gnu::may_alias]] = float;
using Words [[gnu::vector_size(kLanes * sizeof(int32_t)), gnu::aligned(4),
              gnu::may_alias]] = int32_t;

namespace plain {
#include "gelu_lanes.inc"
}  // namespace plain

// As in depthwise_gradient.cpp.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define WSEL_X86_VARIANTS 1
#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {
#include "gelu_lanes.inc"
}  // namespace avx2
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f")
namespace avx512 {
#include "gelu_lanes.inc"
}  // namespace avx512
#pragma GCC pop_options
#endif

using Differentiator = void (*)(const float*, int64_t, float*, float*);

Differentiator Fastest() {
#ifdef WSEL_X86_VARIANTS
  if (__builtin_cpu_supports("avx512f")) return avx512::DifferentiateAll;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return avx2::DifferentiateAll;
  }
#endif
  return plain::DifferentiateAll;
}

}  // namespace

void GeluAndGradient(const float* hidden, int64_t count, float* activation,
                     float* gradient) {
  static const Differentiator differentiate = Fastest();
  differentiate(hidden, count, activation, gradient);
}

}  // namespace wsel::model
