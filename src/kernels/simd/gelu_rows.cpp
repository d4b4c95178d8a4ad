// GELU in bf16 branches.
#include "vectors.h"

namespace wsel::kernels {

template <>
void GeluRows<WSEL_INSTRUCTION_SET>(const ActivatedRows& pass) {
  const ActivatedRows p = pass;
  for (int64_t row = 0; row < p.rows; ++row) {
    for (int64_t j = 0; j < Padded(p.columns); j += kLanes) {
      const int64_t left = p.columns - j;
      FloatVec v;
      FloatVec bias;
      Load(p.in + row * p.in_stride + j, left, v);
      Load(p.bias + j, left, bias);
      UintVec hidden;
      Round(v + bias, hidden);
      if (p.hidden != nullptr) {
        StoreUpper(hidden, p.hidden + row * p.hidden_stride + j);
      }
      FloatVec activation;
      FloatVec unused = {};
      Gelu(reinterpret_cast<FloatVec>(hidden), activation, unused);
      UintVec rounded;
      Round(activation, rounded);
      StoreUpper(rounded, p.out + row * p.out_stride + j);
    }
  }
}

namespace {

// 16 values of a row: GELU and the gradient.
WSEL_SIMD void GradientLanes(const ActivationGradients& p, int64_t row,
                             int64_t column, UintVec& activation,
                             UintVec& gradient) {
  const int64_t left = p.columns - column;
  activation = UintVec{};
  gradient = UintVec{};
  if (row >= p.rows || left <= 0) return;
  UintVec hidden;
  LoadUpper(p.hidden + row * p.hidden_stride + column, hidden);
  FloatVec a;
  FloatVec g;
  FloatVec sums;
  Load(p.gradient + row * p.gradient_stride + column, left, g);
  Gelu(reinterpret_cast<FloatVec>(hidden), a, g);
  Load(p.sums + column, left, sums);
  Store(sums + g, left, p.sums + column);
  Round(a, activation);
  Round(g, gradient);
  StoreUpper(gradient, p.out + row * p.out_stride + column);
}

}  // namespace

template <>
void GeluGradientRows<WSEL_INSTRUCTION_SET>(const ActivationGradients& pass) {
  const ActivationGradients p = pass;
  for (int64_t row = 0; row < Padded(p.rows); row += 2) {
    for (int64_t j = 0; j < Padded(p.columns); j += kLanes) {
      UintVec activation[2];
      UintVec gradient[2];
      GradientLanes(p, row, j, activation[0], gradient[0]);
      GradientLanes(p, row + 1, j, activation[1], gradient[1]);
      const int64_t at = (row / 2 * p.pair_stride + j) * 2;
      StorePairs(activation[0], activation[1], p.activation_pairs + at);
      StorePairs(gradient[0], gradient[1], p.pairs + at);
      // Columns that GradientLanes leaves to the padding.
      if (j >= p.columns) {
        for (int64_t i = row; i < row + 2 && i < p.rows; ++i) {
          StoreUpper(gradient[0], p.out + i * p.out_stride + j);
        }
      }
    }
  }
}

}  // namespace wsel::kernels
