// Torch-free.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "wsel/tensor/dtype.h"

namespace wsel {

// A floating-point format: a sign, an exponent, and `mantissa` stored bits.
struct Format {
  int mantissa;
  int bias;

  constexpr int ExponentOfInfinity() const { return 2 * bias + 1; }
};
inline constexpr Format kHalf = {10, 15};
inline constexpr Format kBrain = {7, 127};
inline constexpr Format kSingle = {23, 127};
inline constexpr Format kDouble = {52, 1023};

inline constexpr uint32_t kNaN = 0x7fc00000;  // float32

// A bfloat16 is the upper half of a float32.
inline float WidenBrain(uint16_t bits) {
  const uint32_t wide = uint32_t{bits} << 16U;
  const bool is_nan = (bits & 0x7fffU) > 0x7f80U;
  return std::bit_cast<float>(is_nan ? (wide & 0x80000000U) | kNaN : wide);
}

// The subnormals of float16 are normal values in float32.
inline float WidenHalf(uint16_t bits) {
  constexpr uint32_t kRebias = kSingle.bias - kHalf.bias;
  constexpr float kStep = 0x1p-24F;  // between float16 subnormals
  const uint32_t sign = (bits & 0x8000U) << 16U;
  const uint32_t field = (bits & 0x7fffU) >> 10U;
  const uint32_t fraction = bits & 0x3ffU;
  uint32_t magnitude = (field + kRebias) << 23U | fraction << 13U;
  if (field == 0) {
    magnitude = std::bit_cast<uint32_t>(static_cast<float>(fraction) * kStep);
  } else if (field == 31) {
    magnitude = fraction == 0 ? 0x7f800000U : kNaN;
  }
  return std::bit_cast<float>(sign | magnitude);
}

// A float8_e5m2 is the upper half of a float16.
inline float WidenE5M2(uint8_t bits) {
  return WidenHalf(static_cast<uint16_t>(bits << 8U));
}

// A float8_e4m3fn has no infinity: all ones are NaN.
inline float WidenE4M3(uint8_t bits) {
  constexpr float kStep = 0x1p-9F;  // between subnormals
  const uint32_t sign = (bits & 0x80U) << 24U;
  const uint32_t field = (bits & 0x7fU) >> 3U;
  const uint32_t fraction = bits & 7U;
  uint32_t magnitude = (field + kSingle.bias - 7) << 23U | fraction << 20U;
  if (field == 0) {
    magnitude = std::bit_cast<uint32_t>(static_cast<float>(fraction) * kStep);
  } else if (field == 15 && fraction == 7) {
    magnitude = kNaN;
  }
  return std::bit_cast<float>(sign | magnitude);
}

template <typename T>
T LoadElement(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

// An element: as float, if that holds every value of the type, else as double,
// to which 64-bit integers are rounded.
template <DType kType>
auto ReadElement(const std::byte* from) {
  if constexpr (kType == DType::kBool) {
    return LoadElement<uint8_t>(from) == 0 ? 0.0F : 1.0F;
  } else if constexpr (kType == DType::kU8) {
    return static_cast<float>(LoadElement<uint8_t>(from));
  } else if constexpr (kType == DType::kI8) {
    return static_cast<float>(LoadElement<int8_t>(from));
  } else if constexpr (kType == DType::kI16) {
    return static_cast<float>(LoadElement<int16_t>(from));
  } else if constexpr (kType == DType::kU16) {
    return static_cast<float>(LoadElement<uint16_t>(from));
  } else if constexpr (kType == DType::kI32) {
    return static_cast<double>(LoadElement<int32_t>(from));
  } else if constexpr (kType == DType::kU32) {
    return static_cast<double>(LoadElement<uint32_t>(from));
  } else if constexpr (kType == DType::kI64) {
    return static_cast<double>(LoadElement<int64_t>(from));
  } else if constexpr (kType == DType::kU64) {
    return static_cast<double>(LoadElement<uint64_t>(from));
  } else if constexpr (kType == DType::kF8E4M3) {
    return WidenE4M3(LoadElement<uint8_t>(from));
  } else if constexpr (kType == DType::kF8E5M2) {
    return WidenE5M2(LoadElement<uint8_t>(from));
  } else if constexpr (kType == DType::kF16) {
    return WidenHalf(LoadElement<uint16_t>(from));
  } else if constexpr (kType == DType::kBF16) {
    return WidenBrain(LoadElement<uint16_t>(from));
  } else if constexpr (kType == DType::kF32) {
    return LoadElement<float>(from);
  } else {
    return LoadElement<double>(from);
  }
}

// Calls `use` with the type as a compile-time constant.
template <typename Use>
auto WithDType(DType dtype, const Use& use) {
  const auto as = [&]<DType kType>() {
    return use(std::integral_constant<DType, kType>());
  };
  switch (dtype) {
    case DType::kBool:
      return as.template operator()<DType::kBool>();
    case DType::kU8:
      return as.template operator()<DType::kU8>();
    case DType::kI8:
      return as.template operator()<DType::kI8>();
    case DType::kI16:
      return as.template operator()<DType::kI16>();
    case DType::kU16:
      return as.template operator()<DType::kU16>();
    case DType::kI32:
      return as.template operator()<DType::kI32>();
    case DType::kU32:
      return as.template operator()<DType::kU32>();
    case DType::kI64:
      return as.template operator()<DType::kI64>();
    case DType::kU64:
      return as.template operator()<DType::kU64>();
    case DType::kF8E4M3:
      return as.template operator()<DType::kF8E4M3>();
    case DType::kF8E5M2:
      return as.template operator()<DType::kF8E5M2>();
    case DType::kF16:
      return as.template operator()<DType::kF16>();
    case DType::kBF16:
      return as.template operator()<DType::kBF16>();
    case DType::kF32:
      return as.template operator()<DType::kF32>();
    default:
      return as.template operator()<DType::kF64>();
  }
}

}  // namespace wsel
