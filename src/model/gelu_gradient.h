// Torch-free.
#pragma once

#include <cstdint>

namespace wsel::model {

// For a backward pass that kept what goes into GELU and not what comes out:
// activation = GELU(hidden), gradient *= GELU'(hidden), of `count` numbers
// each. In one pass, whose error function and density share their exponential,
// it takes half of what LibTorch's two take.
void GeluAndGradient(const float* hidden, int64_t count, float* activation,
                     float* gradient);

}  // namespace wsel::model
