// Torch-free.
#pragma once

#include "wsel/augment/options.h"
#include "wsel/pretrained/facts.h"

namespace wsel::train {

// How a checkpoint's images are evaluated, at its model's size.
augment::EvalTransformOptions EvalTransformOf(const pretrained::Facts& facts);

}  // namespace wsel::train
