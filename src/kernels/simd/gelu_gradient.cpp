#include <cstring>

#include "kernels.h"

namespace wsel::kernels {
namespace {

// e^x for x <= 0: a power of two times Cephes' polynomial of the remainder;
// relative error below 2e-7. It is 0 for x < -86.
void ExpOfNegative(const FloatVec& of, FloatVec& result) {
  const FloatVec lowest = FloatVec{} - 86.0F;
  const FloatVec x = of < lowest ? lowest : of;
  // Rounds to the nearest integer: floats from 2^23 on have no fraction bits.
  const FloatVec rounder = FloatVec{} + 12582912.0F;  // 1.5 * 2^23
  const FloatVec shifted = x * 1.44269504F + rounder;
  const FloatVec n = shifted - rounder;
  const FloatVec r = x - n * 0.693359375F + n * 2.12194440e-4F;
  FloatVec p = r * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  const FloatVec power = (FloatVec)((IntVec)p + ((IntVec)shifted << 23));
  result = of < lowest ? FloatVec{} : power;
}

// x times the normal CDF at x, by Abramowitz and Stegun 7.1.26 with an absolute
// error below 1e-7, and the derivative.
void Differentiate(const FloatVec& x, FloatVec& activation,
                   FloatVec& gradient) {
  FloatVec e;
  ExpOfNegative(x * x * -0.5F, e);
  const FloatVec magnitude = (FloatVec)((IntVec)x & 0x7fffffff);
  const FloatVec t = 1.0F / (magnitude * (0.3275911F * 0.70710678F) + 1.0F);
  FloatVec p = t * 1.061405429F - 1.453152027F;
  p = p * t + 1.421413741F;
  p = p * t - 0.284496736F;
  p = p * t + 0.254829592F;
  const FloatVec tail = p * t * e * 0.5F;
  const FloatVec cdf = x < 0.0F ? tail : 1.0F - tail;
  activation = x * cdf;
  gradient *= cdf + x * e * 0.39894228F;
}

}  // namespace

template <>
void GeluAndGradient<WSEL_INSTRUCTION_SET>(const float* hidden, int64_t count,
                                           float* activation, float* gradient) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    Differentiate(*reinterpret_cast<const FloatVec*>(hidden + i),
                  *reinterpret_cast<FloatVec*>(activation + i),
                  *reinterpret_cast<FloatVec*>(gradient + i));
  }
  const auto rest = static_cast<size_t>(count - i) * sizeof(float);
  FloatVec x = {};
  FloatVec a = {};
  FloatVec g = {};
  std::memcpy(&x, hidden + i, rest);
  std::memcpy(&g, gradient + i, rest);
  Differentiate(x, a, g);
  std::memcpy(activation + i, &a, rest);
  std::memcpy(gradient + i, &g, rest);
}

}  // namespace wsel::kernels
