#include "like_dimensions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace wsel::select {
namespace {

constexpr int64_t kFused = 3;

std::string NameOf(const SizePair& sizes) {
  return fmt::format("{}->{}", sizes.first, sizes.second);
}

SizePair Third(const SizePair& sizes) {
  return {sizes.first / kFused, sizes.second / kFused};
}

// The teacher's shape if the tensor has a source of as many dimensions.
const Shape* SourceShape(const MappedTensor& tensor) {
  const auto* teacher = std::get_if<TensorSpec>(&tensor.source);
  const bool fits = teacher != nullptr &&
                    teacher->shape.size() == tensor.student.shape.size();
  return fits ? &teacher->shape : nullptr;
}

}  // namespace

LikeDimensions::LikeDimensions(const std::vector<MappedTensor>& tensors) {
  for (const MappedTensor& tensor : tensors) {
    const Shape* shape = SourceShape(tensor);
    if (shape == nullptr) continue;
    for (size_t axis = 0; axis < shape->size(); ++axis) {
      const SizePair sizes = {shape->at(axis), tensor.student.shape[axis]};
      if (sizes.first != sizes.second) by_sizes_[sizes] = 0;
    }
  }
  for (auto& [sizes, at] : by_sizes_) {
    if (IsFused(sizes)) continue;
    at = dimensions_.size();
    MappedDimension d;
    d.name = d.in_block = d.label = NameOf(sizes);
    d.from = sizes.first;
    d.to = sizes.second;
    dimensions_.push_back(std::move(d));
  }
}

// Whether both sizes are three times those of another dimension.
bool LikeDimensions::IsFused(const SizePair& sizes) const {
  return sizes.first % kFused == 0 && sizes.second % kFused == 0 &&
         by_sizes_.contains(Third(sizes));
}

std::vector<MappedAxis> LikeDimensions::AxesOf(
    const MappedTensor& tensor) const {
  std::vector<MappedAxis> axes;
  const Shape* shape = SourceShape(tensor);
  if (shape == nullptr) return axes;
  for (size_t axis = 0; axis < shape->size(); ++axis) {
    SizePair sizes = {shape->at(axis), tensor.student.shape[axis]};
    MappedAxis mapped;
    if (sizes.first != sizes.second) {
      for (; IsFused(sizes); sizes = Third(sizes)) mapped.groups *= kFused;
      mapped.dimension = by_sizes_.at(sizes);
    }
    axes.push_back(mapped);
  }
  return axes;
}

std::vector<std::string> LikeDimensions::Assumptions() const {
  std::vector<std::string> names;
  for (const MappedDimension& d : dimensions_) names.push_back(d.name);
  if (names.empty()) return {};
  std::vector<std::string> notes = {fmt::format(
      "assumed, because roles are unknown: dimensions that shrink between "
      "the same two sizes are the same one and get the same indices ({})",
      fmt::join(names, ", "))};
  for (const auto& [sizes, unused] : by_sizes_) {
    if (!IsFused(sizes)) continue;
    notes.push_back(fmt::format(
        "assumed: {} is three times {} (a fused q, k, v) and is indexed in "
        "three equal parts",
        NameOf(sizes), NameOf(Third(sizes))));
  }
  return notes;
}

}  // namespace wsel::select
