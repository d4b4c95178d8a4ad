#include "tensor_layout.h"

#include <cmath>
#include <memory>
#include <span>

#include "wsel/tensor/cast.h"
#include "wsel/tensor/view_shape.h"

namespace wsel::naming {
namespace {

// With two dimensions as one, nullopt if their product overflows.
std::optional<Shape> Merged(const Shape& shape, size_t first) {
  const auto merged = Numel({shape[first], shape[first + 1]});
  if (!merged) return std::nullopt;
  Shape out = shape;
  out.erase(out.begin() + static_cast<int64_t>(first));
  out[first] = *merged;
  return out;
}

// A constant tensor, no larger than the tensor in the file that it stands for.
std::optional<Shape> ConstantShape(const Shape& source, int64_t size) {
  const auto count = Numel(source);
  if (!count || size > *count) return std::nullopt;
  return Shape{size};
}

size_t RankOf(TensorLayout layout) {
  switch (layout) {
    case TensorLayout::kVector:
    case TensorLayout::kOnesLike:
    case TensorLayout::kZerosLike:
      return 1;
    case TensorLayout::kTable:
    case TensorLayout::kTransposed:
    case TensorLayout::kHeadBias:
    case TensorLayout::kZeros:
    case TensorLayout::kZerosOfRows:
    case TensorLayout::kPatchMatrix:
    case TensorLayout::kFirstRow:
    case TensorLayout::kLaterRows:
      return 2;
    case TensorLayout::kRow:
    case TensorLayout::kKernel:
    case TensorLayout::kZerosOfKernels:
      return 4;
    default:
      return 3;
  }
}

bool IsThirds(TensorLayout layout) {
  return layout == TensorLayout::kFirstThird ||
         layout == TensorLayout::kLastThird ||
         layout == TensorLayout::kLaterThirds;
}

// Of a fused q, k and v along the first dimension.
std::optional<Shape> ThirdsShape(TensorLayout layout, Shape shape) {
  if (shape.empty() || shape[0] < 3 || shape[0] % 3 != 0) return std::nullopt;
  shape[0] = shape[0] / 3 * (layout == TensorLayout::kLaterThirds ? 2 : 1);
  return shape;
}

bool IsPointwise(const Shape& shape) {
  return shape.size() == 2 ||
         (shape.size() == 4 && shape[2] == 1 && shape[3] == 1);
}

// Of a matrix of flattened RGB patches, the weight of a convolution.
std::optional<Shape> PatchShape(const Shape& matrix) {
  const auto side = std::llround(std::sqrt(static_cast<double>(matrix[1]) / 3));
  if (side < 1 || 3 * side * side != matrix[1]) return std::nullopt;
  return Shape{matrix[0], 3, side, side};
}

TensorView Constant(const TensorView& like, const Shape& shape, float value) {
  const auto values = std::make_shared<std::vector<float>>(
      static_cast<size_t>(*Numel(shape)), value);
  const TensorView view = {{like.spec.name, shape, DType::kF32},
                           ContiguousStrides(shape),
                           std::as_bytes(std::span(*values)),
                           values};
  return Cast(view, like.spec.dtype);
}

}  // namespace

std::optional<Shape> TimmShape(TensorLayout layout, const Shape& s) {
  if (layout == TensorLayout::kSame) return s;
  if (layout == TensorLayout::kPointwise) {
    return IsPointwise(s) ? std::optional(s) : std::nullopt;
  }
  if (IsThirds(layout)) return ThirdsShape(layout, s);
  if (s.size() != RankOf(layout)) return std::nullopt;
  switch (layout) {
    case TensorLayout::kVector:
      return Shape{1, 1, s[0]};
    case TensorLayout::kTable:
      return Shape{1, s[0], s[1]};
    case TensorLayout::kColumn:
      if (s[1] != 1 || s[2] != 1) return std::nullopt;
      return Shape{s[0]};
    case TensorLayout::kRow:
      if (s[0] != 1 || s[1] != 1 || s[2] != 1) return std::nullopt;
      return Shape{s[3]};
    case TensorLayout::kTransposed:
      return Shape{s[1], s[0]};
    case TensorLayout::kKernel:
      return Shape{s[3], s[2], s[0], s[1]};
    case TensorLayout::kHeadBias:
      return Merged(s, 0);
    case TensorLayout::kToHeads:
    case TensorLayout::kFromHeads: {
      const auto merged = Merged(s, layout == TensorLayout::kToHeads ? 1 : 0);
      if (!merged) return std::nullopt;
      return Shape{(*merged)[1], (*merged)[0]};
    }
    case TensorLayout::kZeros:
      return ConstantShape(s, s[1]);
    case TensorLayout::kZerosOfRows:
    case TensorLayout::kZerosOfKernels:
    case TensorLayout::kOnesLike:
    case TensorLayout::kZerosLike:
      return ConstantShape(s, s[0]);
    case TensorLayout::kFirstPosition:
    case TensorLayout::kLaterPositions:
      if (s[0] != 1 || s[1] < 1) return std::nullopt;
      return Shape{1, layout == TensorLayout::kFirstPosition ? 1 : s[1] - 1,
                   s[2]};
    case TensorLayout::kPatchMatrix:
      return PatchShape(s);
    case TensorLayout::kFirstRow:
    case TensorLayout::kLaterRows:
      if (s[0] < 2) return std::nullopt;
      return Shape{1, layout == TensorLayout::kFirstRow ? 1 : s[0] - 1, s[1]};
    default:
      return std::nullopt;
  }
}

TensorView ToTimm(TensorLayout layout, const TensorView& view) {
  const Shape shape = *TimmShape(layout, view.spec.shape);
  switch (layout) {
    case TensorLayout::kSame:
    case TensorLayout::kPointwise:
      return view;
    case TensorLayout::kTransposed:
      return Permute(view, {1, 0});
    case TensorLayout::kKernel:
      return Permute(view, {3, 2, 0, 1});
    case TensorLayout::kToHeads:
    case TensorLayout::kFromHeads:
      // [D, hd] or [hd, D], transposed
      return Permute(Reshape(view, {shape[1], shape[0]}), {1, 0});
    case TensorLayout::kZeros:
    case TensorLayout::kZerosOfRows:
    case TensorLayout::kZerosOfKernels:
    case TensorLayout::kZerosLike:
      return Constant(view, shape, 0);
    case TensorLayout::kOnesLike:
      return Constant(view, shape, 1);
    case TensorLayout::kFirstPosition:
      return Narrow(view, 1, 0, 1);
    case TensorLayout::kLaterPositions:
      return Narrow(view, 1, 1, shape[1]);
    case TensorLayout::kFirstRow:
      return Reshape(Narrow(view, 0, 0, 1), shape);
    case TensorLayout::kLaterRows:
      return Reshape(Narrow(view, 0, 1, shape[1]), shape);
    case TensorLayout::kFirstThird:
      return Narrow(view, 0, 0, shape[0]);
    case TensorLayout::kLastThird:
    case TensorLayout::kLaterThirds:
      return Narrow(view, 0, view.spec.shape[0] - shape[0], shape[0]);
    default:
      return Reshape(view, shape);
  }
}

std::optional<Shape> SourceShape(TensorLayout layout, const Shape& s) {
  switch (layout) {
    case TensorLayout::kSame:
      return s;
    case TensorLayout::kVector:
      if (s.size() != 3 || s[0] != 1 || s[1] != 1) return std::nullopt;
      return Shape{s[2]};
    case TensorLayout::kTable:
      if (s.size() != 3 || s[0] != 1) return std::nullopt;
      return Shape{s[1], s[2]};
    case TensorLayout::kColumn:
      if (s.size() != 1) return std::nullopt;
      return Shape{s[0], 1, 1};
    case TensorLayout::kRow:
      if (s.size() != 1) return std::nullopt;
      return Shape{1, 1, 1, s[0]};
    case TensorLayout::kPointwise:
      if (!IsPointwise(s)) return std::nullopt;
      return Shape{s[0], s[1]};
    case TensorLayout::kTransposed:
      if (s.size() != 2) return std::nullopt;
      return Shape{s[1], s[0]};
    default:
      return std::nullopt;
  }
}

TensorView ToSource(TensorLayout layout, const TensorView& timm) {
  if (layout == TensorLayout::kSame) return timm;
  if (layout == TensorLayout::kTransposed) return Permute(timm, {1, 0});
  return Reshape(timm, *SourceShape(layout, timm.spec.shape));
}

}  // namespace wsel::naming
