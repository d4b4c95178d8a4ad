#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "wsel/model/vit_config.h"

namespace wsel::calibrate {

// All in float64.

// An orthonormal basis [d, d - 1] of the vectors of mean 0: the cosines of
// DCT-II without the constant one, which spread each direction over all
// channels.
at::Tensor ZeroMeanBasis(int64_t width);

// The map P [D, d] of a teacher's residual stream into a student's (Ashkboos et
// al. 2024, "SliceGPT", with a mean of 0 by construction): P = U B', U the d -
// 1 leading eigenvectors of `moments` [D, D], the mean of y y' / |y|^2 over the
// inputs y of layer norms, without their means; B = ZeroMeanBasis(d). A layer
// norm of y P is the teacher's on the kept directions. d <= D.
at::Tensor StreamBasis(const at::Tensor& moments, int64_t width);

// The same for RMSNorm, which takes no mean off: the d leading eigenvectors.
at::Tensor UncentredBasis(const at::Tensor& moments, int64_t width);

// The inputs [..., D] of a layer norm without their means over the channels.
at::Tensor Centred(const at::Tensor& x);

// The same of any norm: those of an RMSNorm as they are.
at::Tensor SeenByNorm(const at::Tensor& x, model::Norm norm);

}  // namespace wsel::calibrate
