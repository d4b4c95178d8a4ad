#pragma once

#include <ATen/core/Tensor.h>

namespace wsel::analyze {

// Linear centred kernel alignment of features [N, D1] and [N, D2] of the same N
// pictures (Kornblith et al., "Similarity of Neural Network Representations
// Revisited", ICML 2019, section 3.3):
//
//   |Y^T X|^2 / (|X^T X| |Y^T Y|)   of columns with mean 0, Frobenius norms
//
// From 0 to 1; 1 for features that a rotation and a scale make equal. NaN where
// one of them is the same for all pictures. It is biased upwards where N is not
// large against the widths. Computed in float64.
double LinearCka(const at::Tensor& x, const at::Tensor& y);

// The mean over pictures of the cosine of the angle between the rows of two
// [N, D], in float64.
double MeanCosine(const at::Tensor& x, const at::Tensor& y);

}  // namespace wsel::analyze
