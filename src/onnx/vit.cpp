// As nn/vit.cpp computes it. Shapes: N tokens (prefix tokens, then patches), D
// channels.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cmath>
#include <vector>

#include "networks.h"
#include "own_tensor.h"
#include "wsel/core/error.h"
#include "wsel/model/rare_forms.h"

namespace wsel::onnx {
namespace {

using model::VitConfig;

// What is added to the tokens [N, D]: positions, and in the rows of prefix
// tokens these tokens.
std::vector<float> AddedToTokens(const VitConfig& c, const GraphBuilder& g) {
  const auto width = static_cast<size_t>(c.embed_dim);
  std::vector<float> rows;
  for (const char* name : {"cls_token", "dist_token", "reg_token"}) {
    if (!g.Has(name)) continue;
    const auto token = ElementsOf<float>(g.Weight(name));
    rows.insert(rows.end(), token.begin(), token.end());
  }
  const auto patches = static_cast<size_t>(c.NumPatches());
  rows.resize(rows.size() + patches * width);
  const auto positions = ElementsOf<float>(g.Weight("pos_embed"));
  // Of the patches only, which are last, or of all tokens.
  const size_t first = rows.size() - positions.size();
  for (size_t i = 0; i < positions.size(); ++i) {
    rows[first + i] += positions[i];
  }
  return rows;
}

// Tokens [B, N, D]. Prefix tokens are rows of zeros to which they are added:
// repeating them for a batch of any size would need its size.
std::string Embed(const VitConfig& c, GraphBuilder& g,
                  const std::string& images) {
  const int64_t patches = c.NumPatches();
  const int64_t prefix = c.PrefixTokens();
  auto x = g.Conv("patch_embed.proj", images,
                  {.kernel = c.patch_size, .stride = c.patch_size});
  x = g.Reshape("patch_embed/flat", x, {c.embed_dim, patches});
  x = g.Transpose("patch_embed", x, {0, 2, 1});
  if (prefix > 0) {
    x = g.Op("Pad", "patch_embed/padded",
             {x, g.Integers({0, prefix, 0, 0, 0, 0})});
  }
  const auto added =
      g.Constant("embedding.tokens_and_positions",
                 {patches + prefix, c.embed_dim}, AddedToTokens(c, g));
  x = g.Op("Add", "embedding", {x, added});
  return c.pre_norm ? g.LayerNorm("norm_pre", x, c.norm_eps) : x;
}

std::string Attention(const VitConfig& c, GraphBuilder& g,
                      const std::string& name, const std::string& x) {
  const int64_t tokens = c.NumPatches() + c.PrefixTokens();
  const auto qkv = g.Linear(name + ".qkv", x);
  const std::array parts = {name + "/q", name + "/k", name + "/v"};
  g.Split(name + "/split", qkv, {parts.begin(), parts.end()}, c.embed_dim);
  // [B, N, D] -> [B, heads, N, D / heads], of k [B, heads, D / heads, N].
  const auto of_heads = [&](const std::string& part, bool transposed) {
    const auto split =
        g.Reshape(part + "/heads", part, {tokens, c.num_heads, c.HeadDim()});
    return g.Transpose(part + "/by_head", split,
                       transposed ? std::vector<int64_t>{0, 2, 3, 1}
                                  : std::vector<int64_t>{0, 2, 1, 3});
  };
  const double scale = 1 / std::sqrt(static_cast<double>(c.HeadDim()));
  const auto q = g.Op("Mul", name + "/q/scaled",
                      {of_heads(parts[0], false), g.Scalar(scale)});
  const auto scores =
      g.Op("MatMul", name + "/scores", {q, of_heads(parts[1], true)});
  const auto weights =
      g.Op("Softmax", name + "/weights", {scores}, {{"axis", int64_t{-1}}});
  auto y =
      g.Op("MatMul", name + "/values", {weights, of_heads(parts[2], false)});
  y = g.Transpose(name + "/by_token", y, {0, 2, 1, 3});
  y = g.Reshape(name + "/merged", y, {tokens, c.embed_dim});
  return g.Linear(name + ".proj", y);
}

std::string Mlp(const VitConfig& c, GraphBuilder& g, const std::string& name,
                const std::string& x) {
  const auto hidden = g.Linear(name + ".fc1", x);
  const auto active = g.Activation(name + "/act", hidden, c.activation);
  return g.Linear(name + ".fc2", active);
}

std::string Block(const VitConfig& c, GraphBuilder& g, const std::string& name,
                  const std::string& input) {
  const auto add = [&](const std::string& to, std::string branch,
                       const char* layer_scale, const char* sum) {
    const std::string gamma = name + layer_scale + ".gamma";
    if (g.Has(gamma)) {
      branch = g.Op("Mul", name + layer_scale, {branch, g.Parameter(gamma)});
    }
    return g.Op("Add", name + sum, {to, branch});
  };
  const auto norm1 = g.LayerNorm(name + "norm1", input, c.norm_eps);
  const auto x =
      add(input, Attention(c, g, name + "attn", norm1), "ls1", "attn/sum");
  const auto norm2 = g.LayerNorm(name + "norm2", x, c.norm_eps);
  return add(x, Mlp(c, g, name + "mlp", norm2), "ls2", "mlp/sum");
}

// The token at `index`, [B, D].
std::string Token(GraphBuilder& g, const std::string& name,
                  const std::string& tokens, int64_t index) {
  return g.Op("Gather", name, {tokens, g.Integer(index)},
              {{"axis", int64_t{1}}});
}

// The mean of the patch tokens, [B, D].
std::string MeanOfPatches(const VitConfig& c, GraphBuilder& g,
                          const std::string& tokens) {
  const int64_t prefix = c.PrefixTokens();
  const int64_t all = prefix + c.NumPatches();
  const auto patches = prefix == 0 ? tokens
                                   : g.Op("Slice", "pool/patches",
                                          {tokens, g.Integers({prefix}),
                                           g.Integers({all}), g.Integers({1})});
  return g.Reduce("ReduceMean", "pool", patches, {1}, /*keep=*/false);
}

}  // namespace

void CheckForms(const VitConfig& c) {
  const auto forms = RareForms(c);
  if (forms.empty()) return;
  throw Error(ErrorKind::kMismatch, c.name,
              "has {}, which wsel export does not write; load the file into "
              "timm (wsel convert) and export that model with torch.onnx",
              fmt::join(forms, ", "));
}

std::string AddNetwork(const VitConfig& c, GraphBuilder& g,
                       const std::string& images) {
  auto x = Embed(c, g, images);
  for (int64_t i = 0; i < c.depth; ++i) {
    x = Block(c, g, fmt::format("blocks.{}.", i), x);
  }
  const bool after_pooling = c.pooling == model::Pooling::kAverage;
  if (!after_pooling) x = g.LayerNorm("norm", x, c.norm_eps);
  if (c.dist_token) {
    const auto head = g.Linear("head", Token(g, "pool", x, 0));
    const auto dist = g.Linear("head_dist", Token(g, "pool_dist", x, 1));
    const auto sum = g.Op("Add", "heads/sum", {head, dist});
    return g.Op("Mul", "heads", {sum, g.Scalar(0.5)});
  }
  x = c.pooling == model::Pooling::kToken ? Token(g, "pool", x, 0)
                                          : MeanOfPatches(c, g, x);
  if (after_pooling) x = g.LayerNorm("fc_norm", x, c.norm_eps);
  return g.Linear("head", x);
}

}  // namespace wsel::onnx
