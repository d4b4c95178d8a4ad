#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "wsel/model/config.h"
#include "wsel/tensor/source.h"
#include "wsel/tensor/statistics.h"

namespace wsel::analyze {

// Statistics of one parameter.
struct WeightRow {
  std::string tensor;
  std::string layer;  // its name within the block ("attn.qkv"), or ""
  int block = -1;     // counted across stages; -1 outside of blocks
  Shape shape;
  Statistics statistics;
  double norm = 0;  // root of the sum of squares
  // Of the parameter as a matrix [outputs, the rest]; NaN for a vector.
  double effective_rank = 0;
  int64_t full_rank = 0;  // the maximal rank; 0 for a vector
};

// One row per tensor of the model that the checkpoint has under timm's name, in
// any shape, in the order of the model.
std::vector<WeightRow> WeightTable(const model::Config& config,
                                   const TensorSource& weights);

struct ModelWeights {
  std::string name;
  std::vector<WeightRow> rows;
};

// model,tensor,shape,mean,std,min,max,nan_count,norm,effective_rank,full_rank
std::string WeightCsv(const std::vector<ModelWeights>& models);
// The same as an array of models; NaN and infinity are written as null.
nlohmann::ordered_json WeightJson(const std::vector<ModelWeights>& models);

// A gnuplot script: standard deviation and relative effective rank of each
// weight matrix over blocks, one panel per layer, one line per model. "" if no
// model has matrices in blocks.
std::string WeightScript(const std::vector<ModelWeights>& models);

}  // namespace wsel::analyze
