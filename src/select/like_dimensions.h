// Torch-free.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "component_mapping.h"

namespace wsel::select {

// The teacher's and the student's size of a dimension.
using SizePair = std::pair<int64_t, int64_t>;

// The dimensions of two models of unknown roles. Those that shrink between the
// same two sizes are assumed to be the same one; one of three times the sizes
// of another, a fused q, k, v.
class LikeDimensions {
 public:
  explicit LikeDimensions(const std::vector<MappedTensor>& tensors);

  // The dimensions of a tensor's source; none if it has more or fewer of them.
  std::vector<MappedAxis> AxesOf(const MappedTensor& tensor) const;

  const std::vector<MappedDimension>& dimensions() const { return dimensions_; }

  // What was assumed, a sentence each.
  std::vector<std::string> Assumptions() const;

 private:
  bool IsFused(const SizePair& sizes) const;

  std::vector<MappedDimension> dimensions_;
  // Into dimensions_; of no meaning for those that are fused.
  std::map<SizePair, size_t> by_sizes_;
};

}  // namespace wsel::select
