// As nn/vit.cpp and nn/attention_pool.h compute it.
#include "vit_pooling.h"

#include <cmath>
#include <utility>
#include <vector>

#include "norm.h"
#include "own_tensor.h"
#include "vit_attention.h"

namespace wsel::onnx {
namespace {

using model::VitConfig;

// The tokens that are pooled: of the patches, or all.
std::string PooledTokens(const VitConfig& c, GraphBuilder& g,
                         const std::string& tokens) {
  const int64_t prefix = c.PrefixTokens();
  if (prefix == 0 || c.pool_include_prefix) return tokens;
  return g.Op("Slice", "pool/patches",
              {tokens, g.Integers({prefix}), g.Integers({c.Tokens()}),
               g.Integers({1})});
}

// What attention pooling's `q` makes of the learnt query, scaled, by head
// [1, heads, 1, d]: the same for every image, so a constant.
std::string LatentQuery(const VitConfig& c, GraphBuilder& g) {
  const auto latent = ElementsOf<float>(g.Weight("attn_pool.latent"));
  const auto weight = ElementsOf<float>(g.Weight("attn_pool.q.weight"));
  const auto bias = ElementsOf<float>(g.Weight("attn_pool.q.bias"));
  const int64_t head_dim = c.embed_dim / c.AttnPoolHeads();
  const double scale = 1 / std::sqrt(static_cast<double>(head_dim));
  std::vector<float> query;
  for (size_t row = 0; row < bias.size(); ++row) {
    double sum = bias[row];
    for (size_t i = 0; i < latent.size(); ++i) {
      sum += static_cast<double>(weight[row * latent.size() + i]) * latent[i];
    }
    query.push_back(static_cast<float>(sum * scale));
  }
  return g.Constant("attn_pool.query", {1, c.AttnPoolHeads(), 1, head_dim},
                    std::move(query));
}

// The learnt query attends to the tokens, and an MLP follows.
std::string AttentionPool(const VitConfig& c, GraphBuilder& g,
                          const std::string& tokens) {
  const std::string name = "attn_pool";
  const int64_t heads = c.AttnPoolHeads();
  const int64_t count = c.pool_include_prefix ? c.Tokens() : c.NumPatches();
  const std::string k = name + "/k";
  const std::string v = name + "/v";
  g.Split(name + "/split", g.Linear(name + ".kv", tokens), {k, v},
          {c.embed_dim, c.embed_dim});
  const auto by_head = [&](const std::string& part,
                           const std::vector<int64_t>& order) {
    const auto split =
        g.Reshape(part + "/heads", part, {count, heads, c.embed_dim / heads});
    return g.Transpose(part + "/by_head", split, order);
  };
  const auto query = LatentQuery(c, g);
  const auto weights =
      AddAttentionWeights(g, name, query, by_head(k, {0, 2, 3, 1}));
  auto x = g.Op("MatMul", name + "/values",  // [B, heads, 1, d]
                {weights, by_head(v, {0, 2, 1, 3})});
  x = g.Linear(name + ".proj", g.Reshape(name + "/merged", x, {c.embed_dim}));
  const auto norm = AddNorm(g, c.norm, name + ".norm", x, c.norm_eps);
  const auto hidden = g.Activation(
      name + ".mlp/act", g.Linear(name + ".mlp.fc1", norm), c.activation);
  return g.Op("Add", name, {x, g.Linear(name + ".mlp.fc2", hidden)});
}

}  // namespace

std::string AddToken(GraphBuilder& g, const std::string& name,
                     const std::string& tokens, int64_t index) {
  return g.Op("Gather", name, {tokens, g.Integer(index)},
              {{"axis", int64_t{1}}});
}

std::string AddPooling(const VitConfig& c, GraphBuilder& g,
                       const std::string& tokens) {
  switch (c.pooling) {
    case model::Pooling::kToken:
      break;
    case model::Pooling::kAttention:
      return AttentionPool(c, g, PooledTokens(c, g, tokens));
    case model::Pooling::kAverage:
    case model::Pooling::kNormedAverage:
      return g.Reduce("ReduceMean", "pool", PooledTokens(c, g, tokens), {1},
                      /*keep=*/false);
  }
  return AddToken(g, "pool", tokens, 0);
}

}  // namespace wsel::onnx
