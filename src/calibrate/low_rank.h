#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace wsel::calibrate {

// All in float64.

// Eigenvalues of a matrix of moments below this share of the largest count as
// this: covariances of activations are nearly singular.
inline constexpr double kLeastEigenvalue = 1e-6;

// The symmetric square root of a matrix of moments [n, n], and its inverse.
struct Roots {
  at::Tensor root;
  at::Tensor inverse;
};
Roots RootsOf(const at::Tensor& moments);

// Two maps [n, rank] with the best product of that rank.
struct LowRank {
  at::Tensor first;
  at::Tensor second;
};

// For queries and keys with the moments q'q and k'k [n, n]: the maps for which
// (q first) (k second)' is closest to q k' on independent rows of both.
LowRank LowRankLogits(const at::Tensor& queries, const at::Tensor& keys,
                      int64_t rank);

// For values v with the moments v'v [n, n] and an outer weight [d, n]: the map
// `first` of the values, and the outer weight `second` [d, rank], for which
// (v first) second' is closest to v outer'. second has the norm of `outer`.
LowRank LowRankValues(const at::Tensor& values, const at::Tensor& outer,
                      int64_t rank);

// Flips the sign of each column if its entry of largest magnitude is negative,
// so that an eigenvector does not depend on the library's choice.
at::Tensor WithPositivePeaks(const at::Tensor& columns);

}  // namespace wsel::calibrate
