#pragma once

#include <ATen/core/Tensor.h>

namespace wsel::analyze {

// Linear centred kernel alignment of features [N, D1] and [N, D2] of the same N
// images (Kornblith et al., "Similarity of Neural Network Representations
// Revisited", ICML 2019, section 3.3):
//
//   |Y^T X|^2 / (|X^T X| |Y^T Y|)   of centred columns, Frobenius norms
//
// From 0 to 1; 1 for features that are equal up to rotation and scale. NaN if
// one of them is the same for all images. Biased upwards unless N is much
// larger than the widths. Computed in float64.
double LinearCka(const at::Tensor& x, const at::Tensor& y);

// Cosine similarity of the rows of two [N, D], averaged over the N images, in
// float64.
double MeanCosine(const at::Tensor& x, const at::Tensor& y);

}  // namespace wsel::analyze
