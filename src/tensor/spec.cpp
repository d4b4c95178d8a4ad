#include "wsel/tensor/spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace wsel {

std::optional<int64_t> Numel(const Shape& shape) {
  int64_t count = 1;
  bool overflow = false;
  bool empty = false;
  for (const int64_t size : shape) {
    if (size < 0) return std::nullopt;
    empty = empty || size == 0;
    // [2^40, 2^40, 0] is rejected too: its strides would overflow.
    overflow =
        overflow || __builtin_mul_overflow(count, size == 0 ? 1 : size, &count);
  }
  if (overflow) return std::nullopt;
  return empty ? 0 : count;
}

std::optional<size_t> ByteCount(const TensorSpec& spec) {
  const auto count = Numel(spec.shape);
  size_t bytes = 0;
  if (!count || __builtin_mul_overflow(static_cast<size_t>(*count),
                                       ItemSize(spec.dtype), &bytes)) {
    return std::nullopt;
  }
  return bytes;
}

std::vector<int64_t> ContiguousStrides(const Shape& shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) {
    strides[i - 1] = strides[i] * (shape[i] == 0 ? 1 : shape[i]);
  }
  return strides;
}

std::string FormatShape(const Shape& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

}  // namespace wsel
