#include "wsel/tensor/view_shape.h"

#include <cstring>
#include <memory>

#include "wsel/core/error.h"

namespace wsel {
namespace {

using Buffer = std::vector<std::byte>;

// The number of elements from the first to the last one addressed.
int64_t Extent(const Shape& shape, const std::vector<int64_t>& strides) {
  int64_t extent = 1;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0) return 0;
    extent += (shape[i] - 1) * strides[i];
  }
  return extent;
}

// Strides of dimensions of size 1 do not matter.
bool IsRowMajor(const TensorView& view) {
  const auto expected = ContiguousStrides(view.spec.shape);
  for (size_t i = 0; i < expected.size(); ++i) {
    if (view.spec.shape[i] != 1 && view.strides[i] != expected[i]) return false;
  }
  return true;
}

// Copies a row of `count` elements that are `stride` bytes apart.
template <size_t kSize>
void CopyRow(const std::byte* from, int64_t stride, int64_t count,
             std::byte* to) {
  for (int64_t i = 0; i < count; ++i) {
    std::memcpy(to + i * static_cast<int64_t>(kSize), from + i * stride, kSize);
  }
}

void CopyRow(size_t size, const std::byte* from, int64_t stride, int64_t count,
             std::byte* to) {
  if (stride == static_cast<int64_t>(size)) {
    std::memcpy(to, from, static_cast<size_t>(count) * size);
  } else if (size == 1) {
    CopyRow<1>(from, stride, count, to);
  } else if (size == 2) {
    CopyRow<2>(from, stride, count, to);
  } else if (size == 4) {
    CopyRow<4>(from, stride, count, to);
  } else {
    CopyRow<8>(from, stride, count, to);
  }
}

// Copies dimension `dim` and those after it; returns the end of the copy.
std::byte* CopyFrom(const TensorView& view, size_t dim, const std::byte* from,
                    std::byte* to) {
  const size_t size = ItemSize(view.spec.dtype);
  const Shape& shape = view.spec.shape;
  if (dim == shape.size()) {
    std::memcpy(to, from, size);
    return to + size;
  }
  const int64_t stride = view.strides[dim] * static_cast<int64_t>(size);
  if (dim + 1 == shape.size()) {
    CopyRow(size, from, stride, shape[dim], to);
    return to + static_cast<size_t>(shape[dim]) * size;
  }
  for (int64_t i = 0; i < shape[dim]; ++i) {
    to = CopyFrom(view, dim + 1, from + i * stride, to);
  }
  return to;
}

void CopyRowMajor(const TensorView& view, std::byte* to) {
  const size_t bytes = *ByteCount(view.spec);
  if (bytes > view.bytes.size()) {
    throw Error(ErrorKind::kFormat, view.spec.name,
                "has overlapping elements; copy it in Python (tensor.clone()) "
                "and save it again");
  }
  if (bytes > 0) CopyFrom(view, 0, view.bytes.data(), to);
}

TensorView Owning(TensorSpec spec, const std::shared_ptr<Buffer>& buffer) {
  auto strides = ContiguousStrides(spec.shape);
  return {std::move(spec), std::move(strides), *buffer, buffer};
}

}  // namespace

TensorView Narrow(TensorView view, size_t dim, int64_t start, int64_t count) {
  const size_t size = ItemSize(view.spec.dtype);
  view.spec.shape[dim] = count;
  const auto extent =
      static_cast<size_t>(Extent(view.spec.shape, view.strides)) * size;
  const size_t offset =
      extent == 0 ? 0 : static_cast<size_t>(start * view.strides[dim]) * size;
  view.bytes = view.bytes.subspan(offset, extent);
  return view;
}

TensorView Permute(const TensorView& view, const std::vector<size_t>& dims) {
  TensorView out = view;
  for (size_t i = 0; i < dims.size(); ++i) {
    out.spec.shape[i] = view.spec.shape[dims[i]];
    out.strides[i] = view.strides[dims[i]];
  }
  return out;
}

TensorView Reshape(TensorView view, const Shape& shape) {
  view = Contiguous(view);
  view.spec.shape = shape;
  view.strides = ContiguousStrides(shape);
  return view;
}

TensorView Contiguous(const TensorView& view) {
  if (IsRowMajor(view)) {
    TensorView contiguous = view;
    contiguous.strides = ContiguousStrides(view.spec.shape);
    return contiguous;
  }
  const auto buffer = std::make_shared<Buffer>(
      std::min(*ByteCount(view.spec), view.bytes.size()));
  CopyRowMajor(view, buffer->data());
  return Owning(view.spec, buffer);
}

TensorView Concatenate(std::string_view name,
                       const std::vector<TensorView>& parts) {
  TensorSpec spec = parts.front().spec;
  spec.name = name;
  spec.shape[0] = 0;
  size_t bytes = 0;
  for (const TensorView& part : parts) {
    spec.shape[0] += part.spec.shape[0];
    bytes += std::min(*ByteCount(part.spec), part.bytes.size());
  }
  const auto buffer = std::make_shared<Buffer>(bytes);
  std::byte* to = buffer->data();
  for (const TensorView& part : parts) {
    CopyRowMajor(part, to);
    to += *ByteCount(part.spec);
  }
  return Owning(std::move(spec), buffer);
}

}  // namespace wsel
