// LayerNorm in bf16 branches: float32 statistics of float32 rows.
#include "vectors.h"

namespace wsel::kernels {
namespace {

// The mean, then the mean square around it, as native_layer_norm has them.
WSEL_SIMD void Moments(const NormalisedRows& p, int64_t row) {
  const float* x = p.in + row * p.columns;
  const auto n = static_cast<float>(p.columns);
  FloatVec sum = {};
  for (int64_t j = 0; j < p.columns; j += kLanes) {
    FloatVec v;
    Load(x + j, p.columns - j, v);
    sum += v;
  }
  const float mean = Sum(sum) / n;
  FloatVec squares = {};
  for (int64_t j = 0; j < p.columns; j += kLanes) {
    const int64_t left = p.columns - j;
    FloatVec v;
    Load(x + j, left, v);
    v -= mean;
    if (left < kLanes) {  // 0 in the lanes beyond
      const FloatVec centred = v;
      Load(reinterpret_cast<const float*>(&centred), left, v);
    }
    squares += v * v;
  }
  p.mean[row] = mean;
  p.rstd[row] = 1.0F / __builtin_sqrtf(Sum(squares) / n + p.eps);
}

}  // namespace

template <>
void NormaliseRows<WSEL_INSTRUCTION_SET>(const NormalisedRows& pass) {
  const NormalisedRows p = pass;
  for (int64_t row = 0; row < p.rows; ++row) {
    if (!p.known) Moments(p, row);
    const float mean = p.mean[row];
    const float rstd = p.rstd[row];
    for (int64_t j = 0; j < Padded(p.columns); j += kLanes) {
      const int64_t left = p.columns - j;
      FloatVec x;
      FloatVec weight;
      FloatVec bias;
      Load(p.in + row * p.columns + j, left, x);
      Load(p.weight + j, left, weight);
      Load(p.bias + j, left, bias);
      UintVec rounded;
      Round((x - mean) * rstd * weight + bias, rounded);
      StoreUpper(rounded, p.out + row * p.out_stride + j);
    }
  }
}

template <>
void NormGradientRows<WSEL_INSTRUCTION_SET>(const NormGradients& pass) {
  const NormGradients p = pass;
  const float share = 1.0F / static_cast<float>(p.columns);
  for (int64_t row = 0; row < p.rows; ++row) {
    const float* in = p.in + row * p.columns;
    const float* gradient = p.gradient + row * p.gradient_stride;
    const float mean = p.mean[row];
    const float rstd = p.rstd[row];
    FloatVec sum = {};
    FloatVec product = {};
    for (int64_t j = 0; j < p.columns; j += kLanes) {
      const int64_t left = p.columns - j;
      FloatVec x;
      FloatVec g;
      FloatVec weight;
      FloatVec sums;
      Load(in + j, left, x);
      Load(gradient + j, left, g);
      Load(p.weight + j, left, weight);
      const FloatVec normed = (x - mean) * rstd;
      Load(p.weight_gradient + j, left, sums);
      Store(sums + g * normed, left, p.weight_gradient + j);
      Load(p.bias_gradient + j, left, sums);
      Store(sums + g, left, p.bias_gradient + j);
      sum += g * weight;  // 0 in the lanes beyond
      product += g * weight * normed;
    }
    const float mean_gradient = Sum(sum) * share;
    const float mean_product = Sum(product) * share;
    for (int64_t j = 0; j < p.columns; j += kLanes) {
      const int64_t left = p.columns - j;
      FloatVec x;
      FloatVec g;
      FloatVec weight;
      FloatVec residual = {};
      Load(in + j, left, x);
      Load(gradient + j, left, g);
      Load(p.weight + j, left, weight);
      if (p.residual != nullptr) {
        Load(p.residual + row * p.columns + j, left, residual);
      }
      const FloatVec normed = (x - mean) * rstd;
      Store(residual +
                (g * weight - mean_gradient - normed * mean_product) * rstd,
            left, p.out + row * p.columns + j);
    }
  }
}

}  // namespace wsel::kernels
