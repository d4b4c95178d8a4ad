// Torch-free.
#pragma once

#include "wsel/data/loader.h"
#include "wsel/train/options.h"

namespace wsel::train {

// The transform of training images, a function of (seed, epoch, index): crop,
// flip, RandAugment, and the patch of random erasing.
data::Transform MakeTrainTransform(const Options& options);

// The transform of evaluated images.
data::Transform MakeEvalTransform(const augment::EvalTransformOptions& options);

}  // namespace wsel::train
