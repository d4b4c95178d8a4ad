#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "wsel/data/loader.h"
#include "wsel/nn/build.h"
#include "wsel/train/upload.h"

namespace wsel::analyze {

// The outputs of one block of a model for N images.
struct BlockFeatures {
  std::string block;    // "embed", then "blocks.3" or "stages.2.blocks.5"
  at::Tensor features;  // [N, D] float32: the mean over patches or positions
  // Root mean square of the outputs over images, tokens (including prefix
  // tokens) and channels.
  double rms = 0;
};

// Features before the first block, and after each. Runs the model on all images
// of the loader, without gradients, on the CPU.
std::vector<BlockFeatures> ProfileOf(const nn::Model& model,
                                     data::Loader& loader,
                                     train::Uploader& uploader);

// BlockFeatures::block of each, in order.
std::vector<std::string> BlockNames(const model::Config& config);

}  // namespace wsel::analyze
