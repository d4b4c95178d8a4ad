#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "wsel/augment/mix.h"

namespace wsel::augment {

// `images`, float [U, 3, H, W] with U even, each mixed with that of the
// reversed unit. The memory of `images` is used. Errors: kConfig where U is
// odd.
at::Tensor Mix(const at::Tensor& images, const MixDraw& draw);

// What the mixed pictures show: [U, classes] of float32, with label smoothing.
// labels: [U] of int64, from 0 to classes - 1. lambda = 1: the labels alone.
// Source: timm's mixup_target. Errors: kConfig where lambda is not 1 and U is
// odd.
at::Tensor MixTargets(const at::Tensor& labels, int64_t classes,
                      double smoothing, double lambda);

}  // namespace wsel::augment
