// The softmax of attention in bf16 branches, in float32.
#include "vectors.h"

namespace wsel::kernels {
namespace {

// Scaled scores, and lanes beyond `left` far below all others.
WSEL_SIMD void LoadScores(const float* from, int64_t left, float scale,
                          FloatVec& to) {
  if (left >= kLanes) {
    to = *reinterpret_cast<const FloatVec*>(from) * scale;
    return;
  }
  to = FloatVec{} - 3e38F;
  for (int64_t i = 0; i < left; ++i) to[i] = from[i] * scale;
}

WSEL_SIMD void SoftmaxRow(const AttentionRows& p, int64_t row) {
  float* scores = p.scores + row * p.stride;
  FloatVec highest = FloatVec{} - 3e38F;
  for (int64_t j = 0; j < p.columns; j += kLanes) {
    FloatVec v;
    LoadScores(scores + j, p.columns - j, p.scale, v);
    Raise(highest, v);
  }
  const float maximum = Maximum(highest);
  FloatVec sum = {};
  for (int64_t j = 0; j < p.columns; j += kLanes) {
    FloatVec v;
    FloatVec e;
    LoadScores(scores + j, p.columns - j, p.scale, v);
    ExpOfNegative(v - maximum, e);
    sum += e;
    Store(e, p.columns - j, scores + j);
  }
  const float factor = 1.0F / Sum(sum);
  for (int64_t j = 0; j < Padded(p.columns); j += kLanes) {
    FloatVec v;
    UintVec rounded;
    Load(scores + j, p.columns - j, v);
    Round(v * factor, rounded);
    StoreUpper(rounded, p.out + row * p.out_stride + j);
  }
}

// The sum of probs * gradient over a row; probs are 0 in the padding, where the
// gradient is not read.
WSEL_SIMD void RowProduct(const AttentionGradients& p, int64_t row, float& to) {
  FloatVec sum = {};
  for (int64_t j = 0; j < p.columns && row < p.rows; j += kLanes) {
    UintVec probs;
    FloatVec gradient;
    LoadUpper(p.probs + row * p.stride + j, probs);
    Load(p.gradient + row * p.stride + j, p.columns - j, gradient);
    sum += reinterpret_cast<FloatVec>(probs) * gradient;
  }
  to = Sum(sum);
}

WSEL_SIMD void SoftmaxGradientLanes(const AttentionGradients& p, int64_t row,
                                    int64_t column, float product,
                                    UintVec& probs, UintVec& gradient) {
  probs = UintVec{};
  gradient = UintVec{};
  if (row >= p.rows) return;
  const int64_t at = row * p.stride + column;
  FloatVec g;
  LoadUpper(p.probs + at, probs);
  Load(p.gradient + at, p.columns - column, g);
  Round(reinterpret_cast<FloatVec>(probs) * (g - product) * p.scale, gradient);
  StoreUpper(gradient, p.out + at);
}

}  // namespace

template <>
void SoftmaxRows<WSEL_INSTRUCTION_SET>(const AttentionRows& pass) {
  const AttentionRows p = pass;
  for (int64_t row = 0; row < p.rows; ++row) SoftmaxRow(p, row);
}

template <>
void SoftmaxGradientRows<WSEL_INSTRUCTION_SET>(const AttentionGradients& pass) {
  const AttentionGradients p = pass;
  for (int64_t row = 0; row < Padded(p.rows); row += 2) {
    float products[2];
    RowProduct(p, row, products[0]);
    RowProduct(p, row + 1, products[1]);
    for (int64_t j = 0; j < Padded(p.columns); j += kLanes) {
      UintVec probs[2];
      UintVec gradient[2];
      SoftmaxGradientLanes(p, row, j, products[0], probs[0], gradient[0]);
      SoftmaxGradientLanes(p, row + 1, j, products[1], probs[1], gradient[1]);
      const int64_t at = (row / 2 * p.stride + j) * 2;
      StorePairs(probs[0], probs[1], p.prob_pairs + at);
      StorePairs(gradient[0], gradient[1], p.pairs + at);
    }
  }
}

}  // namespace wsel::kernels
