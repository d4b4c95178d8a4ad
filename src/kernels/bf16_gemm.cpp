#include "bf16_gemm.h"

#include <ATen/core/Tensor.h>
#include <ATen/native/CPUBlas.h>

#include <bit>
#include <vector>

#include "gemm.h"
#include "wsel/core/error.h"

namespace wsel::kernels {
namespace {

#if defined(CPUBLAS_BRGEMM_BF16BF16F32)
void OneDnnBf16(const Bf16Product& p) {
  static const bool has_amx = at::native::cpublas::could_pack(at::kBFloat16);
  if (!has_amx) {
    throw Error(ErrorKind::kConfig, "WSEL_BF16",
                "the oneDNN in LibTorch does not use AMX, which this processor "
                "has: unset ONEDNN_MAX_CPU_ISA, or set WSEL_BF16=avx512_bf16");
  }
  at::native::cpublas::brgemm(p.m, p.n, p.k, p.a_stride, p.b_stride, p.c_stride,
                              p.add, reinterpret_cast<const at::BFloat16*>(p.a),
                              reinterpret_cast<const at::BFloat16*>(p.b), p.c);
}
void EndOneDnnBf16() { at::native::cpublas::brgemm_release(); }
#else
void OneDnnBf16(const Bf16Product& /*product*/) {
  throw Error(ErrorKind::kConfig, "WSEL_BF16",
              "this LibTorch has no AMX kernels for bf16: set "
              "WSEL_BF16=avx512_bf16, or use LibTorch 2.6 or later");
}
void EndOneDnnBf16() {}
#endif

float Widen(Bf16 value) {
  return std::bit_cast<float>(static_cast<uint32_t>(value) << 16);
}

void MultiplyWidened(const Bf16Product& p) {
  thread_local std::vector<float> a;
  thread_local std::vector<float> b;
  a.resize(static_cast<size_t>(p.m * p.k));
  b.resize(static_cast<size_t>(p.k * p.n));
  for (int64_t i = 0; i < p.m * p.k; ++i) {
    a[static_cast<size_t>(i)] = Widen(p.a[i / p.k * p.a_stride + i % p.k]);
  }
  for (int64_t row = 0; row < p.k; ++row) {
    const Bf16* from = p.b + row / 2 * p.b_stride * 2 + row % 2;
    float* to = b.data() + row * p.n;
    for (int64_t j = 0; j < p.n; ++j) to[j] = Widen(from[2 * j]);
  }
  Gemm(Matrix{p.c, p.m, p.n, p.c_stride}, Matrix{a.data(), p.m, p.k, p.k},
       Matrix{b.data(), p.k, p.n, p.n}, p.add ? 1 : 0);
}

}  // namespace

void MultiplyBf16(const Bf16Product& product, Bf16Products kind) {
  if (kind == Bf16Products::kAmx) return OneDnnBf16(product);
  if (kind == Bf16Products::kAvx512) return DotBf16(product);
  MultiplyWidened(product);
}

void MultiplyBf16(const Bf16Product& product) {
  MultiplyBf16(product, ActiveBf16Products());
}

Bf16Region::~Bf16Region() {
  if (ActiveBf16Products() == Bf16Products::kAmx) EndOneDnnBf16();
}

}  // namespace wsel::kernels
