#pragma once

#include <ATen/core/Tensor.h>

#include "vit_pass.h"
#include "wsel/calibrate/images.h"

namespace wsel::calibrate {

// The sum of y y' / |y|^2, [D, D] float64, over the inputs y of all norms of a
// ViT with pre-norm blocks, of layer norms without their means: each token and
// each norm counts alike.
at::Tensor StreamMoments(const VitPass& teacher, const Images& images);

}  // namespace wsel::calibrate
