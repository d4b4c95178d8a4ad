#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>

#include "wsel/tensor/spec.h"

namespace wsel::model {

// Trockman & Kolter, "Mimetic Initialization of Self-Attention Layers" (ICML
// 2023): attention drawn to look like that of trained ViTs, whose products of
// query and key weights resemble the identity, and of value and projection
// weights the negative identity. With x W for a layer and Z of independent
// N(0, 1/D) entries, fresh for each product:
//
//   W_Q W_K^T ~ 0.7 Z + 0.7 I    for each head, rank D / heads
//   W_V W_proj = 0.4 Z - 0.4 I   for all heads together, full rank
//
// A product A = U S V^T is split as U S^1/2 and S^1/2 V^T; queries and keys
// keep the columns of the largest singular values. The constants are those of
// the authors' code; positions are sine-cosine. (Their code leaves W_V and
// W_proj untransposed, which gives a matrix similar to A; here it is A.)

// The fused weight [3D, D]: rows q, k, v, head-major inside each. `address`
// names the block ("blocks.3.attn"). heads divides D.
at::Tensor MimeticQkv(int64_t width, int64_t heads, uint64_t seed,
                      std::string_view address);

// The projection [D, D] that belongs to the values of the same address.
at::Tensor MimeticProj(int64_t width, uint64_t seed, std::string_view address);

// Fixed positions [1, prefix + g^2, D]: zeros for `prefix` tokens, then of the
// patch in column x and row y sin(x w), cos(x w), sin(y w), cos(y w) with D/4
// frequencies w from 1 down to 1/10000, evenly spaced in the exponent. D is a
// multiple of 4.
at::Tensor SinCosPositions(const Shape& shape, int64_t prefix);

}  // namespace wsel::model
