#include "wsel/tensor/floats.h"

#include <numeric>
#include <utility>

#include "read_element.h"
#include "wsel/tensor/view_shape.h"

namespace wsel {
namespace {

bool IsAligned(const std::byte* bytes) {
  return reinterpret_cast<uintptr_t>(bytes) % alignof(float) == 0;
}

std::span<const float> AsFloats(std::span<const std::byte> bytes,
                                size_t count) {
  return {reinterpret_cast<const float*>(bytes.data()), count};
}

// Where each position along a dimension begins, in bytes.
std::vector<int64_t> Offsets(const Positions& positions, int64_t size,
                             int64_t stride) {
  std::vector<int64_t> offsets;
  if (positions) {
    offsets = *positions;
  } else {
    offsets.resize(static_cast<size_t>(size));
    std::iota(offsets.begin(), offsets.end(), 0);
  }
  for (int64_t& offset : offsets) offset *= stride;
  return offsets;
}

// Appends the elements of dimension `dim` and those after it.
template <DType kType>
void Append(const std::vector<std::vector<int64_t>>& offsets, size_t dim,
            const std::byte* from, std::vector<float>& to) {
  if (dim == offsets.size()) {
    to.push_back(static_cast<float>(ReadElement<kType>(from)));
    return;
  }
  if (dim + 1 < offsets.size()) {
    for (const int64_t offset : offsets[dim]) {
      Append<kType>(offsets, dim + 1, from + offset, to);
    }
    return;
  }
  for (const int64_t offset : offsets[dim]) {
    to.push_back(static_cast<float>(ReadElement<kType>(from + offset)));
  }
}

}  // namespace

Floats::Floats(const TensorView& view) {
  const TensorView all = Contiguous(view);
  const auto count = static_cast<size_t>(*Numel(all.spec.shape));
  if (all.spec.dtype == DType::kF32 && IsAligned(all.bytes.data())) {
    owner_ = all.owner;
    values_ = AsFloats(all.bytes, count);
    return;
  }
  converted_.resize(count);
  WithDType(all.spec.dtype, [&](auto type) {
    const size_t size = ItemSize(type());
    for (size_t i = 0; i < count; ++i) {
      converted_[i] =
          static_cast<float>(ReadElement<type()>(all.bytes.data() + i * size));
    }
  });
  values_ = converted_;
}

std::vector<float> Gather(const TensorView& view,
                          const std::vector<Positions>& positions) {
  const auto item = static_cast<int64_t>(ItemSize(view.spec.dtype));
  std::vector<std::vector<int64_t>> offsets;
  size_t count = 1;
  for (size_t dim = 0; dim < positions.size(); ++dim) {
    offsets.push_back(Offsets(positions[dim], view.spec.shape[dim],
                              view.strides[dim] * item));
    count *= offsets.back().size();
  }
  std::vector<float> values;
  values.reserve(count);
  if (count > 0) {
    WithDType(view.spec.dtype, [&](auto type) {
      Append<type()>(offsets, 0, view.bytes.data(), values);
    });
  }
  return values;
}

TensorView OwningView(std::string name, Shape shape,
                      std::vector<float> values) {
  const auto owner =
      std::make_shared<const std::vector<float>>(std::move(values));
  TensorView view;
  view.strides = ContiguousStrides(shape);
  view.spec = {std::move(name), std::move(shape), DType::kF32};
  view.bytes = std::as_bytes(std::span(*owner));
  view.owner = owner;
  return view;
}

std::span<const float> FloatsOf(const TensorView& owning) {
  return AsFloats(owning.bytes, owning.bytes.size() / sizeof(float));
}

}  // namespace wsel
