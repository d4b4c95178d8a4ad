#pragma once

#include <ATen/core/Tensor.h>

namespace wsel::analyze {

// exp(H(p)), where p are the singular values of a matrix [m, n] divided by
// their sum and H is Shannon's entropy (Roy & Vetterli, "The effective rank: a
// measure of effective dimensionality", EUSIPCO 2007). From 1 to min(m, n); 0
// for a matrix of zeros, NaN for one with NaN or infinities. Computed in
// float64.
double EffectiveRank(const at::Tensor& matrix);

}  // namespace wsel::analyze
