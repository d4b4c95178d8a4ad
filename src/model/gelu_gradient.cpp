#include "gelu_gradient.h"

#include <cstring>

#include "lanes.h"

namespace wsel::model {
namespace {

#define WSEL_LANES_CODE "gelu_lanes.inc"
#include "instruction_sets.inc"

}  // namespace

void GeluAndGradient(const float* hidden, int64_t count, float* activation,
                     float* gradient) {
  static const auto differentiate = WSEL_FASTEST(DifferentiateAll);
  differentiate(hidden, count, activation, gradient);
}

}  // namespace wsel::model
