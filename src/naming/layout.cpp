#include "layout.h"

#include <memory>
#include <span>

#include "wsel/tensor/cast.h"
#include "wsel/tensor/view_shape.h"

namespace wsel::naming {
namespace {

// The product of two dimensions, each of a shape that has an ElementCount.
std::optional<int64_t> Product(int64_t a, int64_t b) {
  return ElementCount({a, b});
}

std::optional<Shape> Merged(const Shape& shape, size_t first) {
  const auto merged = Product(shape[first], shape[first + 1]);
  if (!merged) return std::nullopt;
  Shape out = shape;
  out.erase(out.begin() + static_cast<int64_t>(first));
  out[first] = *merged;
  return out;
}

// A made-up tensor, no larger than what it is made up from.
std::optional<Shape> Filled(const Shape& theirs, int64_t size) {
  const auto count = ElementCount(theirs);
  if (!count || size > *count) return std::nullopt;
  return Shape{size};
}

size_t RankOf(Layout layout) {
  switch (layout) {
    case Layout::kVector:
    case Layout::kOnesLike:
    case Layout::kZerosLike:
      return 1;
    case Layout::kTable:
    case Layout::kTransposed:
    case Layout::kHeadBias:
    case Layout::kZeros:
    case Layout::kZerosOfRows:
      return 2;
    case Layout::kKernel:
      return 4;
    default:
      return 3;
  }
}

bool IsPointwise(const Shape& shape) {
  return shape.size() == 2 ||
         (shape.size() == 4 && shape[2] == 1 && shape[3] == 1);
}

TensorView Constant(const TensorView& like, const Shape& shape, float value) {
  const auto numbers = std::make_shared<std::vector<float>>(
      static_cast<size_t>(*ElementCount(shape)), value);
  const TensorView view = {{like.spec.name, shape, DType::kF32},
                           ContiguousStrides(shape),
                           std::as_bytes(std::span(*numbers)),
                           numbers};
  return Cast(view, like.spec.dtype);
}

}  // namespace

std::optional<Shape> ShapeInTimm(Layout layout, const Shape& s) {
  if (layout == Layout::kSame) return s;
  if (layout == Layout::kPointwise) {
    return IsPointwise(s) ? std::optional(s) : std::nullopt;
  }
  if (s.size() != RankOf(layout)) return std::nullopt;
  switch (layout) {
    case Layout::kVector:
      return Shape{1, 1, s[0]};
    case Layout::kTable:
      return Shape{1, s[0], s[1]};
    case Layout::kColumn:
      if (s[1] != 1 || s[2] != 1) return std::nullopt;
      return Shape{s[0]};
    case Layout::kTransposed:
      return Shape{s[1], s[0]};
    case Layout::kKernel:
      return Shape{s[3], s[2], s[0], s[1]};
    case Layout::kToHeads: {
      const auto merged = Merged(s, 1);
      if (!merged) return std::nullopt;
      return Shape{(*merged)[1], (*merged)[0]};
    }
    case Layout::kHeadBias:
      return Merged(s, 0);
    case Layout::kFromHeads: {
      const auto merged = Merged(s, 0);
      if (!merged) return std::nullopt;
      return Shape{(*merged)[1], (*merged)[0]};
    }
    case Layout::kZeros:
      return Filled(s, s[1]);
    case Layout::kZerosOfRows:
      return Filled(s, s[0]);
    case Layout::kOnesLike:
    case Layout::kZerosLike:
      return Filled(s, s[0]);
    case Layout::kFirstPosition:
      if (s[0] != 1 || s[1] < 1) return std::nullopt;
      return Shape{1, 1, s[2]};
    case Layout::kLaterPositions:
      if (s[0] != 1 || s[1] < 1) return std::nullopt;
      return Shape{1, s[1] - 1, s[2]};
    default:
      return std::nullopt;
  }
}

TensorView InTimm(Layout layout, const TensorView& view) {
  const Shape shape = *ShapeInTimm(layout, view.spec.shape);
  switch (layout) {
    case Layout::kSame:
    case Layout::kPointwise:
      return view;
    case Layout::kTransposed:
      return Permute(view, {1, 0});
    case Layout::kKernel:
      return Permute(view, {3, 2, 0, 1});
    case Layout::kToHeads:
    case Layout::kFromHeads:
      // [D, hd] or [hd, D], turned round
      return Permute(Reshape(view, {shape[1], shape[0]}), {1, 0});
    case Layout::kZeros:
    case Layout::kZerosOfRows:
    case Layout::kZerosLike:
      return Constant(view, shape, 0);
    case Layout::kOnesLike:
      return Constant(view, shape, 1);
    case Layout::kFirstPosition:
      return Narrow(view, 1, 0, 1);
    case Layout::kLaterPositions:
      return Narrow(view, 1, 1, shape[1]);
    default:
      return Reshape(view, shape);
  }
}

std::optional<Shape> ShapeOutside(Layout layout, const Shape& s) {
  switch (layout) {
    case Layout::kSame:
      return s;
    case Layout::kVector:
      if (s.size() != 3 || s[0] != 1 || s[1] != 1) return std::nullopt;
      return Shape{s[2]};
    case Layout::kTable:
      if (s.size() != 3 || s[0] != 1) return std::nullopt;
      return Shape{s[1], s[2]};
    case Layout::kColumn:
      if (s.size() != 1) return std::nullopt;
      return Shape{s[0], 1, 1};
    case Layout::kPointwise:
      if (!IsPointwise(s)) return std::nullopt;
      return Shape{s[0], s[1]};
    case Layout::kTransposed:
      if (s.size() != 2) return std::nullopt;
      return Shape{s[1], s[0]};
    default:
      return std::nullopt;
  }
}

TensorView Outside(Layout layout, const TensorView& timm) {
  if (layout == Layout::kSame) return timm;
  if (layout == Layout::kTransposed) return Permute(timm, {1, 0});
  return Reshape(timm, *ShapeOutside(layout, timm.spec.shape));
}

}  // namespace wsel::naming
