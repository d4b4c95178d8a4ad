// Torch-free.
#pragma once

#include "wsel/data/loader.h"
#include "wsel/train/options.h"

namespace wsel::train {

// What the loader does to a picture of the training set, by (seed, epoch,
// index) alone: crop, flip, RandAugment, and the overlay of random erasing.
data::Transform TrainPictures(const Options& options);

// What it does to a picture that is evaluated.
data::Transform EvalPictures(const augment::EvalTransformOptions& options);

}  // namespace wsel::train
