#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "wsel/data/loader.h"
#include "wsel/model/build.h"
#include "wsel/train/upload.h"

namespace wsel::analyze {

// What a model makes of some pictures, block by block.
struct BlockFeatures {
  std::string block;    // "embed", then "blocks.3" or "stages.2.blocks.5"
  at::Tensor features;  // [N, D] float32: the mean over patches or positions
  // Root of the mean square of all that flows there: every picture, token
  // (also class tokens and the like) and channel.
  double rms = 0;
};

// Before the first block, and after each. Runs the model over all pictures of
// the loader, without gradients, on the CPU.
std::vector<BlockFeatures> ProfileOf(const model::Model& model,
                                     data::Loader& loader,
                                     train::Uploader& uploader);

// The names of those blocks.
std::vector<std::string> BlockNames(const model::Config& config);

}  // namespace wsel::analyze
