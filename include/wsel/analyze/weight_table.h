#pragma once

#include <string>
#include <vector>

#include "wsel/model/config.h"
#include "wsel/tensor/source.h"
#include "wsel/tensor/statistics.h"

namespace wsel::analyze {

// What the numbers of one weight look like.
struct WeightRow {
  std::string tensor;
  std::string layer;  // "attn.qkv": what it is called inside its block, or ""
  int block = -1;     // counted through all stages; -1 outside of blocks
  Shape shape;
  Statistics statistics;
  double norm = 0;  // root of the sum of squares
  // Of the weight as a matrix [outputs, the rest]; NaN for what is a vector.
  double effective_rank = 0;
  int64_t full_rank = 0;  // the most that it could be; 0 for a vector
};

// One row for each tensor of the model that the checkpoint, under timm's names,
// holds with any shape, in the order of the model.
std::vector<WeightRow> WeightTable(const model::Config& config,
                                   const TensorSource& weights);

}  // namespace wsel::analyze
