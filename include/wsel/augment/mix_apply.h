#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "wsel/augment/mix.h"

namespace wsel::augment {

// Mixes `images`, float [G, 3, H, W] with G even, with themselves in reverse
// order; in place. Errors: kConfig if G is odd.
at::Tensor Mix(const at::Tensor& images, const MixDraw& draw);

// The soft targets of mixed images: [G, num_classes] of float32, with label
// smoothing. labels: [G] of int64, in [0, num_classes). lambda = 1: not mixed.
// Source: timm's mixup_target. Errors: kConfig if lambda is not 1 and G is odd.
at::Tensor MixTargets(const at::Tensor& labels, int64_t num_classes,
                      double smoothing, double lambda);

}  // namespace wsel::augment
