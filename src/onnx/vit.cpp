// As nn/vit.cpp computes it. Shapes: N tokens (prefix tokens, then patches), D
// channels.
#include <vector>

#include "networks.h"
#include "norm.h"
#include "own_tensor.h"
#include "vit_block.h"
#include "vit_pooling.h"

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
  rows.resize(static_cast<size_t>(c.Tokens()) * width);
  if (!c.pos_embed) return rows;
  const auto positions = ElementsOf<float>(g.Weight("pos_embed"));
  // Of the patches only, which are last, or of all tokens.
  const size_t first = rows.size() - positions.size();
  for (size_t i = 0; i < positions.size(); ++i) {
    rows[first + i] += positions[i];
  }
  return rows;
}

// Patches [B, patches, D].
std::string EmbedPatches(const VitConfig& c, GraphBuilder& g,
                         const std::string& images) {
  auto x = g.Conv("patch_embed.proj", images,
                  {.kernel = c.patch_size, .stride = c.patch_size});
  x = g.Reshape("patch_embed/flat", x, {c.embed_dim, c.NumPatches()});
  x = g.Transpose("patch_embed", x, {0, 2, 1});
  return c.embed_norm ? AddNorm(g, c.norm, "patch_embed.norm", x, c.norm_eps)
                      : x;
}

// Tokens [B, N, D]. Prefix tokens are rows of zeros to which they are added:
// repeating them for a batch of any size would need its size.
std::string Embed(const VitConfig& c, GraphBuilder& g,
                  const std::string& images) {
  const int64_t prefix = c.PrefixTokens();
  auto x = EmbedPatches(c, g, images);
  if (prefix > 0) {
    // The default mode, but ncnn's converter knows Pad only with it.
    x = g.Op("Pad", "patch_embed/padded",
             {x, g.Integers({0, prefix, 0, 0, 0, 0})},
             {{"mode", std::string("constant")}});
  }
  if (prefix > 0 || c.pos_embed) {
    const auto added =
        g.Constant("embedding.tokens_and_positions", {c.Tokens(), c.embed_dim},
                   AddedToTokens(c, g));
    x = g.Op("Add", "embedding", {x, added});
  }
  return c.pre_norm ? AddNorm(g, c.norm, "norm_pre", x, c.norm_eps) : x;
}

// The mean of both heads' logits.
std::string BothHeads(GraphBuilder& g, const std::string& tokens) {
  const auto head = g.Linear("head", AddToken(g, "pool", tokens, 0));
  const auto dist = g.Linear("head_dist", AddToken(g, "pool_dist", tokens, 1));
  const auto sum = g.Op("Add", "heads/sum", {head, dist});
  return g.Op("Mul", "heads", {sum, g.Scalar(0.5)});
}

}  // namespace

std::string AddNetwork(const VitConfig& c, GraphBuilder& g,
                       const std::string& images) {
  auto x = Embed(c, g, images);
  for (int64_t i = 0; i < c.depth; ++i) x = AddBlock(c, g, i, x);
  const bool after_pooling = c.pooling == model::Pooling::kAverage;
  if (c.final_norm && !after_pooling) {
    x = AddNorm(g, c.norm, "norm", x, c.norm_eps);
  }
  if (c.dist_token) return BothHeads(g, x);
  x = AddPooling(c, g, x);
  if (c.final_norm && after_pooling) {
    x = AddNorm(g, c.norm, "fc_norm", x, c.norm_eps);
  }
  return g.Linear("head", x);
}

}  // namespace wsel::onnx
