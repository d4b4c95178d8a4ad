// Torch-free.
#pragma once

#include <cstdint>

#include "simd/bf16_rows.h"
#include "wsel/kernels/bf16.h"

namespace wsel::kernels {

// c [m, n] = a [m, k] b [k, n], added to c if `add`. The left factor is bf16
// rows, the right one bf16 pairs of rows (simd/bf16_rows.h), the result
// float32; strides are in elements, that of b in pairs. k is even; fast are
// multiples of 32 for k and n.
struct Bf16Product {
  int64_t m, n, k;
  const Bf16* a;
  int64_t a_stride;
  const Bf16* b;
  int64_t b_stride;
  float* c;
  int64_t c_stride;
  bool add = false;
};

// Multiplies on the calling thread, with ActiveBf16Products() and, if they are
// widened, Gemm(). Errors: as ActiveBf16Products; kConfig if the oneDNN in
// LibTorch does not use the AMX that the processor has.
void MultiplyBf16(const Bf16Product& product);

// The same with products of one kind, but kOff.
void MultiplyBf16(const Bf16Product& product, Bf16Products kind);

// With VDPBF16PS; only where it is supported.
void DotBf16(const Bf16Product& product);

// While it lives, ActiveBf16Products() is `products`, which must be supported:
// so that a test compares two. Not while branches are computed.
class Bf16InUse {
 public:
  explicit Bf16InUse(Bf16Products products);
  ~Bf16InUse();
  Bf16InUse(const Bf16InUse&) = delete;
  Bf16InUse& operator=(const Bf16InUse&) = delete;

 private:
  Bf16Products* in_use_;
  Bf16Products before_;
};

// Ends the calling thread's use of AMX at the end of a scope: its registers
// would otherwise be saved at every switch of threads.
class Bf16Region {
 public:
  Bf16Region() = default;
  ~Bf16Region();
  Bf16Region(const Bf16Region&) = delete;
  Bf16Region& operator=(const Bf16Region&) = delete;
};

}  // namespace wsel::kernels
