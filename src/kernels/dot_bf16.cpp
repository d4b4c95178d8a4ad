// Products by AVX-512 BF16, for which the oneDNN in LibTorch has no fast kernel
// that one thread can call. A block of c, 6 rows and 64 columns, stays in
// registers.
#include "bf16_gemm.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define WSEL_AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512bf16")))
#endif

namespace wsel::kernels {

#if defined(__x86_64__)
namespace {

constexpr int64_t kDotRows = 6;
constexpr int64_t kDotVectors = 4;
constexpr int64_t kDotLanes = 16;

// `rows` and `vectors` at (row, column); the last vector has `mask`'s lanes.
template <int rows, int vectors>
WSEL_AVX512_BF16 void DotBlock(const Bf16Product& p, int64_t row,
                               int64_t column, __mmask16 mask) {
  __m512 sums[rows][vectors];
  __mmask16 masks[vectors];
  for (int v = 0; v < vectors; ++v) {
    masks[v] = v + 1 < vectors ? static_cast<__mmask16>(0xffff) : mask;
  }
  float* c = p.c + row * p.c_stride + column;
  for (int r = 0; r < rows; ++r) {
    for (int v = 0; v < vectors; ++v) {
      sums[r][v] = p.add ? _mm512_maskz_loadu_ps(
                               masks[v], c + r * p.c_stride + v * kDotLanes)
                         : _mm512_setzero_ps();
    }
  }
  const Bf16* a = p.a + row * p.a_stride;
  for (int64_t k = 0; k < p.k; k += 2) {
    const Bf16* pairs = p.b + (k / 2 * p.b_stride + column) * 2;
    __m512bh b[vectors];
    for (int v = 0; v < vectors; ++v) {
      b[v] = reinterpret_cast<__m512bh>(
          _mm512_maskz_loadu_epi32(masks[v], pairs + v * kDotLanes * 2));
    }
    for (int r = 0; r < rows; ++r) {
      int word = 0;
      __builtin_memcpy(&word, a + r * p.a_stride + k, sizeof word);
      const __m512bh pair = reinterpret_cast<__m512bh>(_mm512_set1_epi32(word));
      for (int v = 0; v < vectors; ++v) {
        sums[r][v] = _mm512_dpbf16_ps(sums[r][v], pair, b[v]);
      }
    }
  }
  for (int r = 0; r < rows; ++r) {
    for (int v = 0; v < vectors; ++v) {
      _mm512_mask_storeu_ps(c + r * p.c_stride + v * kDotLanes, masks[v],
                            sums[r][v]);
    }
  }
}

using DotFunction = void (*)(const Bf16Product&, int64_t, int64_t, __mmask16);

template <int rows>
DotFunction BlockOf(int64_t vectors) {
  constexpr DotFunction kBlocks[] = {DotBlock<rows, 1>, DotBlock<rows, 2>,
                                     DotBlock<rows, 3>, DotBlock<rows, 4>};
  return kBlocks[vectors - 1];
}

DotFunction BlockOf(int64_t rows, int64_t vectors) {
  switch (rows) {
    case 1:
      return BlockOf<1>(vectors);
    case 2:
      return BlockOf<2>(vectors);
    case 3:
      return BlockOf<3>(vectors);
    case 4:
      return BlockOf<4>(vectors);
    case 5:
      return BlockOf<5>(vectors);
    default:
      return BlockOf<6>(vectors);
  }
}

}  // namespace

// Columns in the outer loop: their part of b stays in the cache.
void DotBf16(const Bf16Product& p) {
  for (int64_t column = 0; column < p.n; column += kDotVectors * kDotLanes) {
    const int64_t left = p.n - column;
    const int64_t vectors = left < kDotVectors * kDotLanes
                                ? (left + kDotLanes - 1) / kDotLanes
                                : kDotVectors;
    const int64_t rest = left < vectors * kDotLanes
                             ? left - (vectors - 1) * kDotLanes
                             : kDotLanes;
    const auto mask = static_cast<__mmask16>((1U << rest) - 1U);
    for (int64_t row = 0; row < p.m; row += kDotRows) {
      const int64_t rows = p.m - row < kDotRows ? p.m - row : kDotRows;
      BlockOf(rows, vectors)(p, row, column, mask);
    }
  }
}
#else
void DotBf16(const Bf16Product& /*product*/) { __builtin_trap(); }
#endif

}  // namespace wsel::kernels
