#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "wsel/augment/options.h"
#include "wsel/data/loader.h"
#include "wsel/image/normalisation.h"
#include "wsel/nn/build.h"
#include "wsel/tensor/source.h"
#include "wsel/train/image_batches.h"

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

// The same of a model with the given weights, its classifier left out, for all
// images of `set` by the eval transform, at the model's size. `workers`: of the
// data loader.
// Errors: as model::Load, data::Loader::Next.
std::vector<BlockFeatures> ProfileOf(model::Config config,
                                     const TensorSource& weights,
                                     const image::Normalisation& normalisation,
                                     augment::EvalTransformOptions transform,
                                     const data::Dataset& set, int workers);

// BlockFeatures::block of each, in order.
std::vector<std::string> BlockNames(const model::Config& config);

}  // namespace wsel::analyze
