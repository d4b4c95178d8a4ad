#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace wsel::calibrate {

// The `keep` attention heads that stand in best for all, ascending: one at a
// time that head is dropped without which a linear layer of the others comes
// closest to the whole output. `covariance` [I, I] is that of the heads'
// outputs, head by head, `outer` [d, I] the weight of proj; float64. Ties go to
// the later head.
std::vector<int64_t> KeptHeads(const at::Tensor& covariance,
                               const at::Tensor& outer, int64_t heads,
                               int64_t keep);

// The channels of these heads, each of `head_dim`.
at::Tensor ChannelsOf(const std::vector<int64_t>& heads, int64_t head_dim);

}  // namespace wsel::calibrate
