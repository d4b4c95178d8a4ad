#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>

namespace wsel::nn {

// Trockman & Kolter, "Mimetic Initialization of Self-Attention Layers" (ICML
// 2023): random attention weights that resemble those of trained ViTs, where
// the product of query and key weights is close to the identity, and that of
// value and projection weights to the negative identity. With x W for a layer
// and Z of independent N(0, 1/D) entries, drawn separately for each product:
//
//   W_Q W_K^T ~ 0.7 Z + 0.7 I    for each head, rank D / heads
//   W_V W_proj = 0.4 Z - 0.4 I   for all heads together, full rank
//
// A product A = U S V^T is split into U S^1/2 and S^1/2 V^T; queries and keys
// keep the columns of the largest singular values. The constants are those of
// the authors' code; positions are sine-cosine. (Their code does not transpose
// W_V and W_proj, so that the product is similar to A; here it equals A.)

// The fused weight [3D, D]: rows q, k, v, each ordered by head. `address` names
// the block ("blocks.3.attn"). `heads` must divide D.
at::Tensor MimeticQkv(int64_t width, int64_t heads, uint64_t seed,
                      std::string_view address);

// The projection [D, D] that matches the values of the same address.
at::Tensor MimeticProj(int64_t width, uint64_t seed, std::string_view address);

}  // namespace wsel::nn
