#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "rotated_readers.h"
#include "tile_sums.h"

namespace wsel::calibrate {

// Of a teacher's attention its heads, and how many of which rank the student
// has.
struct HeadSizes {
  int64_t heads = 0;
  int64_t head_dim = 0;
  int64_t kept_heads = 0;
  int64_t kept_dim = 0;

  bool KeepsAll() const { return heads == kept_heads && head_dim == kept_dim; }
};

// The sums that choosing heads and ranks needs of q, k and v [B, N, 3I] and the
// heads' outputs [B, N, I], as proj reads them: the number of rows, the sum and
// the products of outputs [I, I], and per head the products of queries and of
// keys [heads, dim, dim].
Sums AttentionSums(const at::Tensor& qkv, const at::Tensor& outputs,
                   const HeadSizes& sizes);

// The kept heads, their q, k and v in fewer channels, and the weight of proj
// [d, kept_heads kept_dim] that belongs to them. `reader` is that of qkv
// [3I, d], `outer` proj's weight [d, I] in the student's stream.
struct ProjectedAttention {
  std::vector<int64_t> heads;  // ascending
  RotatedReader qkv;
  at::Tensor outer;
};
ProjectedAttention ProjectAttention(const RotatedReader& reader,
                                    const at::Tensor& outer, const Sums& sums,
                                    const HeadSizes& sizes);

}  // namespace wsel::calibrate
