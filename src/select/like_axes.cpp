#include "like_axes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace wsel::select {
namespace {

using SizePair = SizePairs::value_type;

constexpr int kFused = 3;

std::string NameOf(const SizePair& sizes) {
  return fmt::format("{}->{}", sizes.first, sizes.second);
}

SizePair Third(const SizePair& sizes) {
  return {sizes.first / kFused, sizes.second / kFused};
}

// Whether both sizes are three times those of another dimension.
bool IsFused(const SizePair& sizes, const SizePairs& shrinking) {
  return sizes.first % kFused == 0 && sizes.second % kFused == 0 &&
         shrinking.contains(Third(sizes));
}

// The sizes of a tensor's dimensions, if both models have as many.
std::vector<SizePair> SizesOf(const MappedTensor& tensor) {
  const auto* teacher = std::get_if<TensorSpec>(&tensor.source);
  std::vector<SizePair> sizes;
  if (teacher == nullptr ||
      teacher->shape.size() != tensor.student.shape.size()) {
    return sizes;
  }
  for (size_t at = 0; at < teacher->shape.size(); ++at) {
    sizes.emplace_back(teacher->shape[at], tensor.student.shape[at]);
  }
  return sizes;
}

}  // namespace

SizePairs ShrinkingSizes(const std::vector<MappedTensor>& tensors) {
  SizePairs shrinking;
  for (const MappedTensor& tensor : tensors) {
    for (const SizePair& sizes : SizesOf(tensor)) {
      if (sizes.first != sizes.second) shrinking.insert(sizes);
    }
  }
  return shrinking;
}

std::vector<MappedAxis> AxesBySizes(const MappedTensor& tensor,
                                    const SizePairs& shrinking) {
  std::vector<MappedAxis> axes;
  for (SizePair sizes : SizesOf(tensor)) {
    MappedAxis axis;
    if (sizes.first != sizes.second) {
      for (; IsFused(sizes, shrinking); sizes = Third(sizes)) {
        axis.groups *= kFused;
      }
      axis.name = axis.label = NameOf(sizes);
      axis.role = DimensionRole::kWidth;
      axis.from = sizes.first;
      axis.to = sizes.second;
    }
    axes.push_back(std::move(axis));
  }
  return axes;
}

std::vector<std::string> Assumptions(const SizePairs& shrinking) {
  std::vector<std::string> names;
  std::vector<std::string> fused;
  for (const SizePair& sizes : shrinking) {
    if (IsFused(sizes, shrinking)) {
      fused.push_back(fmt::format(
          "assumed: {} is three times {} (a fused q, k, v) and is indexed in "
          "three equal parts",
          NameOf(sizes), NameOf(Third(sizes))));
    } else {
      names.push_back(NameOf(sizes));
    }
  }
  if (names.empty()) return {};
  fused.insert(
      fused.begin(),
      fmt::format(
          "assumed, because roles are unknown: dimensions that shrink between "
          "the same two sizes are the same one and get the same indices ({})",
          fmt::join(names, ", ")));
  return fused;
}

}  // namespace wsel::select
