// Torch-free.
#pragma once

#include <cstring>

#include "kernels.h"

// What the sources of this folder share. All of it is inlined into each, since
// none of it may reach the linker (kernels.h); vectors are passed by reference
// because their ABI depends on the instruction set.

namespace wsel::kernels {

using UintVec [[gnu::vector_size(kLanes * sizeof(uint32_t)), gnu::aligned(4),
                gnu::may_alias]] = uint32_t;
using Bf16Vec [[gnu::vector_size(kLanes * sizeof(Bf16)), gnu::aligned(2),
                gnu::may_alias]] = Bf16;

// What one register holds of a vector. Arithmetic on whole vectors is split
// into registers, but g++ compares and selects longer vectors lane by lane.
#if defined(__AVX512F__)
constexpr int64_t kPartLanes = 16;
#elif defined(__AVX2__)
constexpr int64_t kPartLanes = 8;
#else
constexpr int64_t kPartLanes = 4;
#endif
constexpr int64_t kParts = kLanes / kPartLanes;
using FloatPart [[gnu::vector_size(kPartLanes * sizeof(float)), gnu::aligned(4),
                  gnu::may_alias]] = float;
using IntPart [[gnu::vector_size(kPartLanes * sizeof(int32_t)), gnu::aligned(4),
                gnu::may_alias]] = int32_t;
using UintPart [[gnu::vector_size(kPartLanes * sizeof(uint32_t)),
                 gnu::aligned(4), gnu::may_alias]] = uint32_t;

// A copy for each instruction set: functions of one name would be merged.
namespace {  // NOLINT(google-build-namespaces)

#define WSEL_SIMD [[gnu::always_inline]] inline

// The first `count` values from `from`, of which there may be more than lanes
// or none; the other lanes are 0.
WSEL_SIMD void Load(const float* from, int64_t count, FloatVec& to) {
  if (count >= kLanes) {
    to = *reinterpret_cast<const FloatVec*>(from);
    return;
  }
  to = FloatVec{};
  if (count > 0) {
    std::memcpy(&to, from, static_cast<size_t>(count) * sizeof(float));
  }
}

WSEL_SIMD void Store(const FloatVec& from, int64_t count, float* to) {
  if (count >= kLanes) {
    *reinterpret_cast<FloatVec*>(to) = from;
  } else if (count > 0) {
    std::memcpy(to, &from, static_cast<size_t>(count) * sizeof(float));
  }
}

WSEL_SIMD FloatPart& Part(FloatVec& v, int64_t i) {
  return reinterpret_cast<FloatPart*>(&v)[i];
}

WSEL_SIMD const FloatPart& Part(const FloatVec& v, int64_t i) {
  return reinterpret_cast<const FloatPart*>(&v)[i];
}

// The nearest bf16 values, ties to even, in the upper halves of `to`. NaN stays
// NaN.
WSEL_SIMD void Round(const FloatVec& from, UintVec& to) {
  for (int64_t i = 0; i < kParts; ++i) {
    const FloatPart& part = Part(from, i);
    const UintPart bits = reinterpret_cast<UintPart>(part);
    const UintPart rounded = bits + 0x7fffU + ((bits >> 16) & 1U);
    reinterpret_cast<UintPart*>(&to)[i] =
        (part == part ? rounded : (bits | 0x400000U)) & 0xffff0000U;
  }
}

// to = max(to, v)
WSEL_SIMD void Raise(FloatVec& to, const FloatVec& v) {
  for (int64_t i = 0; i < kParts; ++i) {
    FloatPart& part = Part(to, i);
    part = part < Part(v, i) ? Part(v, i) : part;
  }
}

// kLanes of them.
WSEL_SIMD void StoreUpper(const UintVec& from, Bf16* to) {
  *reinterpret_cast<Bf16Vec*>(to) =
      __builtin_convertvector(from >> 16, Bf16Vec);
}

WSEL_SIMD void LoadUpper(const Bf16* from, UintVec& to) {
  to = __builtin_convertvector(*reinterpret_cast<const Bf16Vec*>(from), UintVec)
       << 16;
}

// The first `count`; the other lanes are 0.
WSEL_SIMD void LoadUpper(const Bf16* from, int64_t count, UintVec& to) {
  if (count >= kLanes) return LoadUpper(from, to);
  Bf16 some[kLanes] = {};
  std::memcpy(some, from, static_cast<size_t>(count) * sizeof(Bf16));
  LoadUpper(some, to);
}

// Values of two rows as pairs, the first row's in the lower half.
WSEL_SIMD void StorePairs(const UintVec& first, const UintVec& second,
                          Bf16* to) {
  *reinterpret_cast<UintVec*>(to) = (first >> 16) | second;
}

// By halves, so that the order does not depend on the instruction set.
WSEL_SIMD float Sum(const FloatVec& v) {
  float x[kLanes];
  std::memcpy(x, &v, sizeof x);
  for (int64_t half = kLanes / 2; half > 0; half /= 2) {
    for (int64_t i = 0; i < half; ++i) x[i] += x[i + half];
  }
  return x[0];
}

WSEL_SIMD float Maximum(const FloatVec& v) {
  float x[kLanes];
  std::memcpy(x, &v, sizeof x);
  for (int64_t half = kLanes / 2; half > 0; half /= 2) {
    for (int64_t i = 0; i < half; ++i) {
      x[i] = x[i] < x[i + half] ? x[i + half] : x[i];
    }
  }
  return x[0];
}

// e^x for x <= 0: a power of two times Cephes' polynomial of the remainder;
// relative error below 2e-7. It is 0 for x < -86.
WSEL_SIMD void ExpOfNegativePart(const FloatPart& of, FloatPart& result) {
  const FloatPart lowest = FloatPart{} - 86.0F;
  const FloatPart x = of < lowest ? lowest : of;
  // Rounds to the nearest integer: floats from 2^23 on have no fraction bits.
  const FloatPart rounder = FloatPart{} + 12582912.0F;  // 1.5 * 2^23
  const FloatPart shifted = x * 1.44269504F + rounder;
  const FloatPart n = shifted - rounder;
  const FloatPart r = x - n * 0.693359375F + n * 2.12194440e-4F;
  FloatPart p = r * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  const IntPart bits =
      reinterpret_cast<IntPart>(p) + (reinterpret_cast<IntPart>(shifted) << 23);
  const FloatPart power = reinterpret_cast<FloatPart>(bits);
  result = of < lowest ? FloatPart{} : power;
}

WSEL_SIMD void ExpOfNegative(const FloatVec& of, FloatVec& result) {
  for (int64_t i = 0; i < kParts; ++i) {
    ExpOfNegativePart(Part(of, i), Part(result, i));
  }
}

// x times the normal CDF at x, by Abramowitz and Stegun 7.1.26 with an absolute
// error below 1e-7, and the derivative, by which `gradient` is multiplied.
WSEL_SIMD void GeluPart(const FloatPart& x, FloatPart& activation,
                        FloatPart& gradient) {
  FloatPart e;
  ExpOfNegativePart(x * x * -0.5F, e);
  const FloatPart magnitude =
      reinterpret_cast<FloatPart>(reinterpret_cast<IntPart>(x) & 0x7fffffff);
  const FloatPart t = 1.0F / (magnitude * (0.3275911F * 0.70710678F) + 1.0F);
  FloatPart p = t * 1.061405429F - 1.453152027F;
  p = p * t + 1.421413741F;
  p = p * t - 0.284496736F;
  p = p * t + 0.254829592F;
  const FloatPart tail = p * t * e * 0.5F;
  const FloatPart cdf = x < 0.0F ? tail : 1.0F - tail;
  activation = x * cdf;
  gradient *= cdf + x * e * 0.39894228F;
}

WSEL_SIMD void Gelu(const FloatVec& x, FloatVec& activation,
                    FloatVec& gradient) {
  for (int64_t i = 0; i < kParts; ++i) {
    GeluPart(Part(x, i), Part(activation, i), Part(gradient, i));
  }
}

}  // namespace
}  // namespace wsel::kernels
