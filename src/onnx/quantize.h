// Torch-free.
#pragma once

#include <cstdint>

#include "wsel/onnx/graph.h"

namespace wsel::onnx {

// A weight matrix [in, out] as integers, with a scale per column: value =
// scale * integer.
struct QuantizedMatrix {
  TensorView integers;  // int8 [in, out], -63 to 63
  TensorView scales;    // float32 [out]
  TensorView zeros;     // int8 [out], all 0
};
// Symmetric: the largest absolute value of a column becomes 63. With 7 bits the
// sum of two products with uint8 fits 16 bits, in which x86 CPUs without VNNI
// add them: with 8 they saturate there, and logits are wrong. Names are the
// matrix's and a suffix. Errors: kMismatch, naming the weight, unless all its
// values are finite.
QuantizedMatrix QuantizeColumns(const TensorView& matrix);

// An activation as uint8: value = scale * (integer - zero).
struct ActivationScale {
  float scale = 1;
  uint8_t zero = 0;
};
// For a range, widened to contain 0, which is then exact. Its ends must be
// finite.
ActivationScale ScaleOf(const Range& range);

// The power of the noise that rounding adds, a step's square / 12, relative to
// the activation's: 0 for one that is always 0.
double RoundingNoise(const Range& range);

}  // namespace wsel::onnx
