#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "wsel/augment/mix.h"

namespace wsel::augment {

// Writes `values`, [3 * height * width] in the order [3, height, width], into
// image `i` of `images`, float [B, C, H, W], at (top, left). Both are on the
// same device. Errors: kConfig if they do not fit.
void Erase(at::Tensor& images, int64_t i, int top, int left, int height,
           int width, const at::Tensor& values);

// Mixes `images`, float [G, 3, H, W] with G even, with themselves in reverse
// order; in place. Errors: kConfig if G is odd.
at::Tensor Mix(const at::Tensor& images, const MixDraw& draw);

// The soft targets of mixed images: [G, num_classes] of float32, with label
// smoothing. labels: [G] of int64, in [0, num_classes). lambda = 1: not mixed.
// The labels of images that are not `valid`, [G] of bool, are no part of those
// of their partners; undefined: all are. Source: timm's mixup_target. Errors:
// kConfig if lambda is not 1 and G is odd.
at::Tensor MixTargets(const at::Tensor& labels, int64_t num_classes,
                      double smoothing, double lambda,
                      const at::Tensor& valid = {});

// The same of multi-label images, from their labels as 0 and 1: [G, classes] of
// float32. Smoothing makes them as far apart as MixTargets does: 1 - smoothing
// + smoothing / classes, and smoothing / classes.
at::Tensor MixMultiHot(const at::Tensor& multi_hot, double smoothing,
                       double lambda, const at::Tensor& valid = {});

}  // namespace wsel::augment
