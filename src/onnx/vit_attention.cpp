#include "vit_attention.h"

#include <cmath>
#include <numeric>
#include <vector>

#include "norm.h"
#include "own_tensor.h"
#include "vit_rotary.h"
#include "wsel/model/diff_attn.h"

namespace wsel::onnx {
namespace {

using model::VitConfig;

// Differential attention has two heads of half the channels of queries and keys
// for each head of values.
int64_t QueryHeads(const VitConfig& c) {
  return c.diff_attn ? 2 * c.num_heads : c.num_heads;
}

// Queries or keys ("q", "k") [B, N, D] -> [B, N, heads, d], normalised.
std::string SplitIntoHeads(const VitConfig& c, GraphBuilder& g,
                           const AttentionPlace& place,
                           const std::string& which, const std::string& x) {
  const int64_t heads = QueryHeads(c);
  auto y = g.Reshape(place.values + "/" + which + "/heads", x,
                     {c.Tokens(), heads, c.embed_dim / heads});
  if (!c.qk_norm) return y;
  return AddNorm(g, c.norm, place.parameters + which + "_norm", y, c.norm_eps);
}

// Queries [B, heads, N, d], scaled, times keys [B, heads, d, N], then softmax.
std::string Weights(const VitConfig& c, GraphBuilder& g,
                    const AttentionPlace& place, const Projected& projected) {
  const std::string q_name = place.values + "/q";
  const std::string k_name = place.values + "/k";
  auto q = SplitIntoHeads(c, g, place, "q", projected.q);
  auto k = SplitIntoHeads(c, g, place, "k", projected.k);
  if (c.rope == model::Rope::kNone) {
    q = g.Transpose(q_name + "/by_head", q, {0, 2, 1, 3});
    k = g.Transpose(k_name + "/by_head", k, {0, 2, 3, 1});
  } else {
    const auto rotation = AddRotation(c, g, place.block);
    q = AddRotated(c, g, q_name, q, rotation);
    k = AddRotated(c, g, k_name, k, rotation);
    k = g.Transpose(k_name + "/transposed", k, {0, 1, 3, 2});
  }
  const int64_t head_dim = c.embed_dim / QueryHeads(c);
  const double scale = 1 / std::sqrt(static_cast<double>(head_dim));
  q = g.Op("Mul", q_name + "/scaled", {q, g.Scalar(scale)});
  return AddAttentionWeights(g, place.values, q, k);
}

std::string ValuesByHead(const VitConfig& c, GraphBuilder& g,
                         const std::string& part, const std::string& x) {
  const auto heads =
      g.Reshape(part + "/heads", x, {c.Tokens(), c.num_heads, c.HeadDim()});
  return g.Transpose(part + "/by_head", heads, {0, 2, 1, 3});
}

// The factor of what differential attention subtracts. In float32, in which it
// overflows as the model's does.
float Lambda(const GraphBuilder& g, const AttentionPlace& place) {
  const auto exponential = [&](const char* number) {
    const auto of = [&](const char* part) {
      return ElementsOf<float>(
          g.Weight(place.parameters + "lambda_" + part + number));
    };
    const auto q = of("q");
    const auto k = of("k");
    return std::exp(std::inner_product(q.begin(), q.end(), k.begin(), 0.F));
  };
  return exponential("1") - exponential("2") +
         static_cast<float>(model::LambdaInit(place.block));
}

// Weights [B, 2 heads, N, N], two after another of each head, -> the first less
// lambda times the second, [B, heads, N, N].
std::string Difference(const VitConfig& c, GraphBuilder& g,
                       const AttentionPlace& place,
                       const std::string& weights) {
  const std::string& name = place.values;
  const auto pairs = g.Reshape(name + "/pairs", weights,
                               {c.num_heads, 2, c.Tokens(), c.Tokens()});
  const auto of_pair = [&](const char* part, int64_t index) {
    return g.Op("Gather", name + part, {pairs, g.Integer(index)},
                {{"axis", int64_t{2}}});
  };
  const auto first = of_pair("/first", 0);
  const auto second = of_pair("/second", 1);
  const auto lambda = g.Constant(name + "/lambda", {}, {Lambda(g, place)});
  const auto scaled = g.Op("Mul", name + "/second/scaled", {second, lambda});
  return g.Op("Sub", name + "/difference", {first, scaled});
}

Projected Project(const VitConfig& c, GraphBuilder& g, const std::string& name,
                  const std::string& x) {
  if (c.qkv == model::Qkv::kSeparate) {
    const auto q = g.Linear(name + ".q_proj", x);
    const auto k = g.Linear(name + ".k_proj", x);
    return {q, k, g.Linear(name + ".v_proj", x)};
  }
  Projected parts = {name + "/q", name + "/k", name + "/v"};
  const auto qkv = g.Linear(name + ".qkv", x);
  g.Split(name + "/split", qkv, {parts.q, parts.k, parts.v},
          std::vector<int64_t>(3, c.embed_dim));
  if (c.qkv == model::Qkv::kQvBias) {
    const auto with_bias = [&](const std::string& part, const char* bias) {
      return g.Op("Add", part + "/biased", {part, g.Parameter(name + bias)});
    };
    parts.q = with_bias(parts.q, ".q_bias");
    parts.v = with_bias(parts.v, ".v_bias");
  }
  return parts;
}

}  // namespace

std::string AddAttentionWeights(GraphBuilder& g, const std::string& name,
                                const std::string& q, const std::string& k) {
  const auto scores = g.Op("MatMul", name + "/scores", {q, k});
  return g.Op("Softmax", name + "/weights", {scores}, {{"axis", int64_t{-1}}});
}

std::string AddHeadAttention(const VitConfig& c, GraphBuilder& g,
                             const AttentionPlace& place,
                             const Projected& projected) {
  const std::string& name = place.values;
  auto weights = Weights(c, g, place, projected);
  if (c.diff_attn) weights = Difference(c, g, place, weights);
  auto y = g.Op("MatMul", name + "/values",
                {weights, ValuesByHead(c, g, name + "/v", projected.v)});
  if (c.diff_attn) {
    y = AddRmsNorm(g, place.parameters + "sub_norm", y, model::kSubNormEps);
    y = g.Op("Mul", name + "/values/scaled",
             {y, g.Scalar(1 - model::LambdaInit(place.block))});
  }
  y = g.Transpose(name + "/by_token", y, {0, 2, 1, 3});
  return g.Reshape(name + "/merged", y, {c.Tokens(), c.embed_dim});
}

std::string AddAttention(const VitConfig& c, GraphBuilder& g,
                         const std::string& block_name, int64_t block,
                         const std::string& x) {
  const std::string name = block_name + "attn";
  const auto projected = Project(c, g, name, x);
  auto y = AddHeadAttention(c, g, {block, name, name + "."}, projected);
  if (c.scale_attn_norm) {
    y = AddNorm(g, c.norm, name + ".norm", y, c.norm_eps);
  }
  return g.Linear(name + ".proj", y);
}

}  // namespace wsel::onnx
