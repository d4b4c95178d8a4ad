#pragma once

#include <ATen/core/Tensor.h>

#include "layer_fits.h"
#include "vit_pass.h"
#include "wsel/select/plan.h"

namespace wsel::calibrate {

// Regression of what follows the blocks of a ViT: attention pooling, if both
// models have it, and the classifiers, if the teacher's are reused. `width`
// [d]: the channels of the stream that are taken. All must outlive the call,
// with `fits` behind the last block.
void FitAfterBlocks(const select::Plan& plan, const VitPass& teacher,
                    const VitPass& student, const at::Tensor& width,
                    LayerFits& fits);

}  // namespace wsel::calibrate
