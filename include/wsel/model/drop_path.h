// Torch-free.
#pragma once

#include <cstdint>
#include <vector>

#include "wsel/model/config.h"

namespace wsel::model {

// Drop path (Huang et al. 2016, "Deep Networks with Stochastic Depth") as
// timm's: each residual branch of each sample is dropped with the rate of its
// block, and what is kept is divided by the chance to be kept.

// Residual branches in the order of the forward pass: two a block of a ViT
// (attention, MLP), one a block of a ConvNeXt.
int64_t DropPathBranches(const Config& config);

// What to multiply each branch by: [branches, count] row by row, each 0 or
// 1 / keep, for the samples at `first` ... `first + count - 1` of the effective
// batch of `step`. Rates rise linearly from 0 at the first block to `rate`, in
// [0, 1), at the last, over all stages. Drawn by address (seed, step, position,
// branch): how the effective batch is cut into micro-batches changes nothing.
std::vector<float> DropPathScales(const Config& config, double rate,
                                  uint64_t seed, int64_t step, int64_t first,
                                  int64_t count);

}  // namespace wsel::model
