#pragma once

#include <ATen/core/Tensor.h>

namespace wsel::analyze {

// Measures of features and weights, all computed in float64.

// [N, D] in float64, minus the mean over its rows.
at::Tensor Centred(const at::Tensor& x);

// exp(H(p)), where p are the singular values of a matrix [m, n] divided by
// their sum and H is Shannon's entropy (Roy & Vetterli, "The effective rank: a
// measure of effective dimensionality", EUSIPCO 2007). From 1 to min(m, n); 0
// for a matrix of zeros, NaN for one with NaN or infinities.
double EffectiveRank(const at::Tensor& matrix);

// Linear centred kernel alignment of features [N, D1] and [N, D2] of the same N
// images (Kornblith et al., "Similarity of Neural Network Representations
// Revisited", ICML 2019, section 3.3):
//
//   |Y^T X|^2 / (|X^T X| |Y^T Y|)   of centred columns, Frobenius norms
//
// From 0 to 1; 1 for features that are equal up to rotation and scale. NaN if
// one of them is the same for all images. Biased upwards unless N is much
// larger than the widths.
double LinearCka(const at::Tensor& x, const at::Tensor& y);

// Cosine similarity of the rows of two [N, D], averaged over the N images.
double MeanCosine(const at::Tensor& x, const at::Tensor& y);

}  // namespace wsel::analyze
