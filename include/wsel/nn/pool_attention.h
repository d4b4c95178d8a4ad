#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace wsel::nn {

// What attention pooling's learnt query attends to, before its projection:
// `query` [1, 1, D], keys and values `kv` [B, N, 2D] -> [B, D].
inline at::Tensor AttendLatent(const at::Tensor& query, const at::Tensor& kv,
                               int64_t heads) {
  const int64_t b = kv.size(0);
  const int64_t d = query.size(2);
  const auto queries = query.view({1, 1, heads, d / heads})
                           .transpose(1, 2)
                           .expand({b, -1, -1, -1});
  const auto pair = kv.view({b, -1, 2, heads, d / heads})
                        .permute({2, 0, 3, 1, 4})
                        .unbind(0);  // k, v [B, heads, N, d]
  const auto attended =
      at::scaled_dot_product_attention(queries, pair[0], pair[1]);
  return attended.transpose(1, 2).reshape({b, d});
}

}  // namespace wsel::nn
