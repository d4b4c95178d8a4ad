#include "wsel/tensor/cast.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <span>

#include "wsel/core/error.h"
#include "wsel/tensor/view_shape.h"

namespace wsel {
namespace {

// A format of 16 bits: a sign, an exponent, and `mantissa` stored bits.
struct Small {
  int mantissa;
  int bias;

  int ExponentOfInfinity() const { return 2 * bias + 1; }
};
constexpr Small kHalf = {10, 15};
constexpr Small kBrain = {7, 127};

double Decode(uint16_t bits, Small format) {
  const int sign = bits >> 15;
  const int exponent = (bits & 0x7fff) >> format.mantissa;
  const int fraction = bits & ((1 << format.mantissa) - 1);
  double value = 0;
  if (exponent == format.ExponentOfInfinity()) {
    value = fraction == 0 ? INFINITY : NAN;
  } else if (exponent == 0) {
    value = std::ldexp(fraction, 1 - format.bias - format.mantissa);
  } else {
    value = std::ldexp(fraction + (1 << format.mantissa),
                       exponent - format.bias - format.mantissa);
  }
  return sign == 1 ? -value : value;
}

uint16_t Encode(double value, Small format) {
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const auto infinity =
      static_cast<uint16_t>(format.ExponentOfInfinity() << format.mantissa);
  if (std::isnan(value)) return sign | infinity | (1 << (format.mantissa - 1));
  if (std::isinf(value)) return sign | infinity;
  const double size = std::fabs(value);
  // Numbers of one exponent lie on a grid, and so do those too small for it.
  const int least = 1 - format.bias;
  const int exponent = size > 0 ? std::max(std::ilogb(size), least) : least;
  const auto steps = static_cast<int64_t>(
      std::nearbyint(std::ldexp(size, format.mantissa - exponent)));
  // A number that is rounded up to the next exponent carries into its field.
  const int64_t field = exponent + format.bias - 1;
  const int64_t bits = (field << format.mantissa) + steps;
  return sign | static_cast<uint16_t>(std::min<int64_t>(bits, infinity));
}

template <typename T>
T Load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

double ReadElement(const std::byte* from, DType dtype) {
  switch (dtype) {
    case DType::kF16:
      return Decode(Load<uint16_t>(from), kHalf);
    case DType::kBF16:
      return Decode(Load<uint16_t>(from), kBrain);
    case DType::kF32:
      return Load<float>(from);
    default:
      return Load<double>(from);
  }
}

template <typename T>
void Store(T value, std::byte* to) {
  std::memcpy(to, &value, sizeof(value));
}

void WriteElement(double value, DType dtype, std::byte* to) {
  switch (dtype) {
    case DType::kF16:
      return Store(Encode(value, kHalf), to);
    case DType::kBF16:
      return Store(Encode(value, kBrain), to);
    case DType::kF32:
      return Store(static_cast<float>(value), to);
    default:
      return Store(value, to);
  }
}

bool IsKnown(DType dtype) {
  return dtype == DType::kF16 || dtype == DType::kBF16 ||
         dtype == DType::kF32 || dtype == DType::kF64;
}

void CheckKnown(const TensorSpec& spec) {
  if (IsKnown(spec.dtype)) return;
  throw Error(ErrorKind::kMismatch, spec.name,
              fmt::format("holds {}; float16, bfloat16, float32 and float64 "
                          "are converted",
                          Name(spec.dtype)));
}

// A view whose element i, row by row, is value(i).
template <typename Value>
TensorView Compute(TensorSpec spec, const Value& value) {
  const size_t size = SizeOf(spec.dtype);
  const auto count = static_cast<size_t>(*ElementCount(spec.shape));
  const auto buffer = std::make_shared<std::vector<std::byte>>(count * size);
  for (size_t i = 0; i < count; ++i) {
    std::byte* to = buffer->data() + i * size;
    const double exact = value(i);
    WriteElement(exact, spec.dtype, to);
    if (std::isfinite(exact) && !std::isfinite(ReadElement(to, spec.dtype))) {
      throw Error(ErrorKind::kMismatch, spec.name,
                  fmt::format("holds {:g}, which {} cannot; use another type",
                              exact, Name(spec.dtype)));
    }
  }
  TensorView view;
  view.strides = ContiguousStrides(spec.shape);
  view.spec = std::move(spec);
  view.bytes = *buffer;
  view.owner = buffer;
  return view;
}

}  // namespace

TensorView Cast(const TensorView& view, DType to) {
  if (view.spec.dtype == to) return view;
  CheckKnown(view.spec);
  const TensorView from = InOrder(view);
  TensorSpec spec = from.spec;
  spec.dtype = to;
  const size_t size = SizeOf(from.spec.dtype);
  return Compute(std::move(spec), [&](size_t i) {
    return ReadElement(from.bytes.data() + i * size, from.spec.dtype);
  });
}

TensorView Add(const TensorView& a, const TensorView& b) {
  CheckKnown(a.spec);
  const TensorView left = InOrder(a);
  const TensorView right = InOrder(b);
  const DType dtype = a.spec.dtype;
  const size_t size = SizeOf(dtype);
  return Compute(left.spec, [&](size_t i) {
    return ReadElement(left.bytes.data() + i * size, dtype) +
           ReadElement(right.bytes.data() + i * size, dtype);
  });
}

}  // namespace wsel
