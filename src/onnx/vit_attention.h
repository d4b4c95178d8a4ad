// Torch-free.
#pragma once

#include <cstdint>
#include <string>

#include "graph_builder.h"
#include "wsel/model/vit_config.h"

namespace wsel::onnx {

// Where a block has its attention.
struct AttentionPlace {
  int64_t block = 0;
  std::string values;      // of its values, "blocks.0.attn"
  std::string parameters;  // before the names of its parameters: the same and a
                           // dot, or "blocks.0." in a parallel block
};

// The names of queries, keys and values, [B, N, D].
struct Projected {
  std::string q, k, v;
};

// From query, key and value to what attention's projection reads, [B, N, D]:
// normalised and rotated queries and keys, attention of each head,
// differential attention. As nn's HeadAttention.
std::string AddHeadAttention(const model::VitConfig& config,
                             GraphBuilder& graph, const AttentionPlace& place,
                             const Projected& projected);

// Attention in a block "blocks.0." that has `attn`: [B, N, D] -> [B, N, D].
std::string AddAttention(const model::VitConfig& config, GraphBuilder& graph,
                         const std::string& block_name, int64_t block,
                         const std::string& x);

// The softmax of `q` [..., N, d] times `k` [..., d, M], where q is scaled.
std::string AddAttentionWeights(GraphBuilder& graph, const std::string& name,
                                const std::string& q, const std::string& k);

}  // namespace wsel::onnx
