#pragma once

#include <ATen/core/Tensor.h>

#include "simd/bf16_rows.h"
#include "wsel/kernels/residual.h"

namespace wsel::kernels {

// The bits of a bf16 tensor.
inline Bf16* Bf16Data(const at::Tensor& t) {
  return reinterpret_cast<Bf16*>(t.data_ptr<at::BFloat16>());
}

// A linear layer as right factors of bf16 products (simd/bf16_rows.h), with its
// sizes padded to multiples of 32.
struct PackedLayer {
  at::Tensor forward;   // the transposed weight [in, out], as pairs
  at::Tensor backward;  // the weight [out, in], as pairs
  at::Tensor bias;      // [out], float32

  int64_t in = 0;
  int64_t out = 0;
  int64_t padded_in() const { return Padded(in); }
  int64_t padded_out() const { return Padded(out); }
};

// `layer` (weight [out, in], float32, on the CPU; the bias may be undefined)
// with gamma, which may be undefined, folded in. Packed once for each version
// of its tensors: later micro-batches and passes of a training step find it
// again. Nothing is kept of tensors that are gone. Thread-safe.
PackedLayer Pack(const WeightAndBias& layer, const at::Tensor& gamma);

}  // namespace wsel::kernels
