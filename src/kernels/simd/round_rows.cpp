// Rounding float32 rows to bf16, and the layouts of products.
#include "vectors.h"

namespace wsel::kernels {
namespace {

// 16 values of a row, rounded, with their part of the sums.
WSEL_SIMD void RoundLanes(const RoundedRows& p, int64_t row, int64_t column,
                          UintVec& rounded) {
  const int64_t left = p.columns - column;
  rounded = UintVec{};
  if (row >= p.rows || left <= 0) return;
  FloatVec v;
  Load(p.in + row * p.in_stride + column, left, v);
  if (p.row_scale != nullptr) v *= p.row_scale[row];
  if (p.bias != nullptr) {
    FloatVec bias;
    Load(p.bias + column, left, bias);
    v += bias;
  }
  if (p.sums != nullptr) {
    FloatVec sums;
    Load(p.sums + column, left, sums);
    Store(sums + v, left, p.sums + column);
  }
  Round(v, rounded);
}

// Swaps the off-diagonal blocks of `step` lanes of rows that are `step` apart.
template <int step>
WSEL_SIMD void SwapBlocks(UintVec (&v)[kLanes]) {
#define WSEL_LOW(j) (((j)&step) != 0 ? 16 + (j)-step : (j))
#define WSEL_HIGH(j) (((j)&step) != 0 ? 16 + (j) : (j) + step)
#define WSEL_ALL(f)                                                         \
  f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7), f(8), f(9), f(10), f(11), \
      f(12), f(13), f(14), f(15)
  for (int i = 0; i < kLanes; ++i) {
    if ((i & step) != 0) continue;
    const UintVec a = v[i];
    const UintVec b = v[i + step];
    v[i] = __builtin_shufflevector(a, b, WSEL_ALL(WSEL_LOW));
    v[i + step] = __builtin_shufflevector(a, b, WSEL_ALL(WSEL_HIGH));
  }
#undef WSEL_LOW
#undef WSEL_HIGH
#undef WSEL_ALL
}

}  // namespace

template <>
void RoundRows<WSEL_INSTRUCTION_SET>(const RoundedRows& pass) {
  const RoundedRows p = pass;
  const int64_t rows = p.pairs == nullptr ? p.rows : Padded(p.rows);
  const int64_t columns = Padded(p.columns);
  for (int64_t row = 0; row < rows; row += 2) {
    for (int64_t column = 0; column < columns; column += kLanes) {
      UintVec first;
      UintVec second;
      RoundLanes(p, row, column, first);
      RoundLanes(p, row + 1, column, second);
      if (p.out != nullptr && row < p.rows) {
        Bf16* out = p.out + row * p.out_stride + column;
        StoreUpper(first, out);
        if (row + 1 < p.rows) StoreUpper(second, out + p.out_stride);
      }
      if (p.pairs != nullptr) {
        StorePairs(first, second,
                   p.pairs + (row / 2 * p.pair_stride + column) * 2);
      }
    }
  }
}

template <>
void PairRows<WSEL_INSTRUCTION_SET>(const PairedRows& pass) {
  const PairedRows p = pass;
  for (int64_t row = 0; row < Padded(p.rows); row += 2) {
    for (int64_t column = 0; column < Padded(p.columns); column += kLanes) {
      const Bf16* from = p.in + row * p.in_stride + column;
      UintVec first = {};
      UintVec second = {};
      const int64_t left = p.columns - column;
      if (left > 0) {
        if (row < p.rows) LoadUpper(from, left, first);
        if (row + 1 < p.rows) LoadUpper(from + p.in_stride, left, second);
      }
      StorePairs(first, second, p.out + (row / 2 * p.out_stride + column) * 2);
    }
  }
}

template <>
void TransposeWords<WSEL_INSTRUCTION_SET>(const TransposedWords& pass) {
  const TransposedWords p = pass;
  const auto* in = static_cast<const float*>(p.in);
  auto* out = static_cast<float*>(p.out);
  for (int64_t row = 0; row < p.padded_rows; row += kLanes) {
    for (int64_t column = 0; column < p.columns; column += kLanes) {
      UintVec block[kLanes] = {};
      for (int64_t i = 0; i < kLanes && row + i < p.rows; ++i) {
        FloatVec v;
        Load(in + (row + i) * p.in_stride + column, p.columns - column, v);
        block[i] = reinterpret_cast<UintVec>(v);
      }
      SwapBlocks<8>(block);
      SwapBlocks<4>(block);
      SwapBlocks<2>(block);
      SwapBlocks<1>(block);
      for (int64_t i = 0; i < kLanes && column + i < p.columns; ++i) {
        const FloatVec v = reinterpret_cast<FloatVec>(block[i]);
        Store(v, p.padded_rows - row, out + (column + i) * p.out_stride + row);
      }
    }
  }
}

template <>
void AddRows<WSEL_INSTRUCTION_SET>(const SummedRows& pass) {
  const SummedRows p = pass;
  for (int64_t row = 0; row < p.rows; ++row) {
    const float scale = p.row_scale == nullptr ? 1.0F : p.row_scale[row];
    for (int64_t column = 0; column < p.columns; column += kLanes) {
      const int64_t left = p.columns - column;
      const int64_t at = row * p.columns + column;
      FloatVec v;
      FloatVec bias;
      FloatVec x;
      Load(p.in + row * p.in_stride + column, left, v);
      Load(p.bias + column, left, bias);
      Load(p.x + at, left, x);
      Store(x + (v + bias) * scale, left, p.out + at);
    }
  }
}

}  // namespace wsel::kernels
