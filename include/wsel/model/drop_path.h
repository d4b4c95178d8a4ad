// Torch-free.
#pragma once

#include <cstdint>
#include <vector>

#include "wsel/model/config.h"

namespace wsel::model {

// Drop path (Huang et al. 2016, "Deep Networks with Stochastic Depth") as in
// timm: each residual branch of each sample is dropped at the rate of its
// block, and a branch that is kept is divided by its probability of being kept.

// The number of residual branches, in the order of the forward pass: two per
// block of a ViT (attention, MLP), one per block of a ConvNeXt.
int64_t DropPathBranches(const Config& config);

// The factor of each branch and sample, 0 or 1 / keep: [branches, count] in
// row-major order, for samples `first` to `first + count - 1` of the effective
// batch of optimizer step `step`. Rates rise linearly from 0 at the first block
// to `rate`, in [0, 1), at the last, across all stages. A factor depends only
// on (seed, step, sample, branch), not on the split into micro-batches.
std::vector<float> DropPathScales(const Config& config, double rate,
                                  uint64_t seed, int64_t step, int64_t first,
                                  int64_t count);

}  // namespace wsel::model
