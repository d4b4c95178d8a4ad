#include "gelu_gradient.h"

#include <cstring>

#include "simd.h"

namespace wsel::model {
namespace {

#define WSEL_SIMD_SOURCE "gelu_lanes.inc"
#include "instruction_sets.inc"

}  // namespace

void GeluAndGradient(const float* hidden, int64_t count, float* activation,
                     float* gradient) {
  static const auto differentiate = WSEL_DISPATCH(DifferentiateAll);
  differentiate(hidden, count, activation, gradient);
}

}  // namespace wsel::model
