#include "wsel/tensor/cast.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>
#include <type_traits>
#include <vector>

#include "read_element.h"
#include "wsel/core/error.h"
#include "wsel/tensor/view_shape.h"

namespace wsel {
namespace {

// Rounds the value in `bits` to a 16-bit format, to nearest, ties to even;
// overflow gives infinity. Of a NaN only the sign is kept.
template <Format kFrom, Format kTo, typename Bits>
uint16_t Round(Bits bits) {
  constexpr int kSignShift = 8 * sizeof(Bits) - 1;
  constexpr Bits kHidden = Bits{1} << kFrom.mantissa;
  constexpr Bits kInfinity = Bits{kTo.ExponentOfInfinity()} << kTo.mantissa;
  const auto sign = static_cast<uint16_t>((bits >> kSignShift) << 15U);
  const int field =
      static_cast<int>(bits >> kFrom.mantissa) & kFrom.ExponentOfInfinity();
  const Bits fraction = bits & (kHidden - 1);
  if (field == kFrom.ExponentOfInfinity()) {
    const Bits nan = fraction == 0 ? 0 : Bits{1} << (kTo.mantissa - 1);
    return static_cast<uint16_t>(sign | kInfinity | nan);
  }
  // Values of one exponent are evenly spaced, and so are the subnormals.
  constexpr int kMinExponent = 1 - kTo.bias;
  const int exponent = std::max(field, 1) - kFrom.bias;
  const int above = std::max(exponent, kMinExponent);
  const int drop = kFrom.mantissa - kTo.mantissa + above - exponent;
  if (drop > kFrom.mantissa + 1) return sign;  // rounds to zero
  const Bits digits = field == 0 ? fraction : fraction | kHidden;
  const Bits half = Bits{1} << (drop - 1);
  const Bits odd = (digits >> drop) & 1;
  const Bits steps = (digits + half - 1 + odd) >> drop;
  // Rounding up to the next power of two carries into the exponent field.
  const Bits grid = static_cast<Bits>(above + kTo.bias - 1) << kTo.mantissa;
  return static_cast<uint16_t>(sign | std::min(grid + steps, kInfinity));
}

template <Format kTo>
uint16_t Narrowed(float value) {
  return Round<kSingle, kTo>(std::bit_cast<uint32_t>(value));
}
template <Format kTo>
uint16_t Narrowed(double value) {
  return Round<kDouble, kTo>(std::bit_cast<uint64_t>(value));
}

template <DType kType>
auto Rounded(auto value) {
  if constexpr (kType == DType::kF16) {
    return Narrowed<kHalf>(value);
  } else if constexpr (kType == DType::kBF16) {
    return Narrowed<kBrain>(value);
  } else if constexpr (kType == DType::kF32) {
    return static_cast<float>(value);
  } else {
    return static_cast<double>(value);
  }
}

// Writes value(i) for every i < count to `to`. Returns `count`, or the first i
// for which a finite value overflows the type.
template <DType kType, typename Value>
size_t WriteAll(const Value& value, size_t count, std::byte* to) {
  for (size_t i = 0; i < count; ++i) {
    const auto exact = value(i);
    const auto rounded = Rounded<kType>(exact);
    std::byte* element = to + i * sizeof(rounded);
    std::memcpy(element, &rounded, sizeof(rounded));
    if (!std::isfinite(ReadElement<kType>(element)) && std::isfinite(exact)) {
      return i;
    }
  }
  return count;
}

// Calls `use` with the type as a compile-time constant.
template <typename Use>
auto WithType(DType dtype, const Use& use) {
  switch (dtype) {
    case DType::kF16:
      return use(std::integral_constant<DType, DType::kF16>());
    case DType::kBF16:
      return use(std::integral_constant<DType, DType::kBF16>());
    case DType::kF32:
      return use(std::integral_constant<DType, DType::kF32>());
    default:
      return use(std::integral_constant<DType, DType::kF64>());
  }
}

bool IsSupported(DType dtype) {
  return dtype == DType::kF16 || dtype == DType::kBF16 ||
         dtype == DType::kF32 || dtype == DType::kF64;
}

void CheckSupported(const TensorSpec& spec) {
  if (IsSupported(spec.dtype)) return;
  throw Error(
      ErrorKind::kMismatch, spec.name,
      "is {}; only float16, bfloat16, float32 and float64 can be converted",
      Name(spec.dtype));
}

// A view with value(i) as its element i, in row-major order.
template <typename Value>
TensorView Compute(TensorSpec spec, const Value& value) {
  const auto count = static_cast<size_t>(*Numel(spec.shape));
  const auto buffer =
      std::make_shared<std::vector<std::byte>>(*ByteCount(spec));
  const size_t written = WithType(spec.dtype, [&](auto type) {
    return WriteAll<type()>(value, count, buffer->data());
  });
  if (written < count) {
    throw Error(ErrorKind::kMismatch, spec.name,
                "value {:g} overflows {}; use another type", value(written),
                Name(spec.dtype));
  }
  auto strides = ContiguousStrides(spec.shape);
  return {std::move(spec), std::move(strides), *buffer, buffer};
}

}  // namespace

TensorView Cast(const TensorView& view, DType to) {
  if (view.spec.dtype == to) return view;
  CheckSupported(view.spec);
  const TensorView from = Contiguous(view);
  TensorSpec spec = from.spec;
  spec.dtype = to;
  CheckSupported(spec);
  const std::byte* begin = from.bytes.data();
  return WithType(from.spec.dtype, [&](auto type) {
    const size_t size = ItemSize(type());
    return Compute(std::move(spec), [=](size_t i) {
      return ReadElement<type()>(begin + i * size);
    });
  });
}

TensorView Add(const TensorView& a, const TensorView& b) {
  CheckSupported(a.spec);
  const TensorView left = Contiguous(a);
  const TensorView right = Contiguous(b);
  return WithType(a.spec.dtype, [&](auto type) {
    const size_t size = ItemSize(type());
    return Compute(left.spec, [&](size_t i) {
      return double{ReadElement<type()>(left.bytes.data() + i * size)} +
             double{ReadElement<type()>(right.bytes.data() + i * size)};
    });
  });
}

}  // namespace wsel
