#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "field.h"
#include "vit.h"

namespace wsel::model {
namespace {

using Assumptions = std::vector<std::string>;

// The side of a square grid of `count` positions, or nullopt.
std::optional<int64_t> Side(int64_t count) {
  if (count < 1) return std::nullopt;
  const auto side = std::llround(std::sqrt(static_cast<double>(count)));
  if (side * side != count) return std::nullopt;
  return side;
}

void ReadPatches(const ShapeReader& read, VitConfig& c) {
  const std::string name = "patch_embed.proj.weight";
  const Shape& shape = read.Get(name, 4);
  RequireShape(IsInChans(shape[1]) && shape[2] == shape[3], name, shape,
               fmt::format("supported models take images of {} to {} channels "
                           "in square patches; to select the other tensors, "
                           "give the teacher's model and skip patch_embed",
                           kInChans.low, kInChans.high));
  c.embed_dim = shape[0];
  c.in_chans = shape[1];
  c.patch_size = shape[2];
  c.embed_norm = read.Has("patch_embed.norm.weight");
  c.pre_norm = read.Has("norm_pre.weight");
  if (c.pre_norm && read.Has("patch_embed.proj.bias")) {
    ThrowMismatch("patch_embed.proj.bias",
                  "and norm_pre exclude each other in supported models");
  }
}

void ReadTokens(const ShapeReader& read, VitConfig& c) {
  c.class_token = read.Has("cls_token");
  c.dist_token = read.Has("dist_token");
  c.reg_tokens = read.Has("reg_token") ? read.Get("reg_token", 3)[1] : 0;
}

// A grid of the positions, and whether prefix tokens have none.
struct PositionGrid {
  HeightWidth grid;
  bool no_embed_class;
};

// The grid of the size that is stated, if it is not square and has as many
// positions. Weights may be of another size than stated.
std::optional<PositionGrid> StatedGrid(const Hints& hints, int64_t positions,
                                       const VitConfig& c) {
  if (!hints.img_size || hints.img_size->IsSquare()) return std::nullopt;
  if (c.patch_size < 1 || hints.img_size->Shorter() < c.patch_size ||
      hints.img_size->Longer() > kMaxSize) {
    return std::nullopt;
  }
  const HeightWidth grid = {hints.img_size->height / c.patch_size,
                            hints.img_size->width / c.patch_size};
  const bool with_prefix = grid.Area() + c.PrefixTokens() == positions;
  if (!with_prefix && (grid.Area() != positions || c.dist_token)) {
    return std::nullopt;
  }
  return PositionGrid{grid, !with_prefix};
}

// A square one, although the count may be that of others, too.
PositionGrid SquareGrid(int64_t positions, Assumptions& assumptions,
                        const VitConfig& c) {
  const int64_t prefix = c.PrefixTokens();
  const auto with_prefix = Side(positions - prefix);
  const auto without = prefix > 0 ? Side(positions) : std::nullopt;
  if (!with_prefix && (!without || c.dist_token)) {
    ThrowMismatch(
        "pos_embed",
        fmt::format("has {} positions, which with {} prefix tokens do not make "
                    "a square grid; `model` or `teacher_model` can say which "
                    "they make, as a JSON file with its base and \"img_size\": "
                    "[height, width]",
                    positions, prefix));
  }
  if (with_prefix && without) {
    assumptions.push_back(fmt::format(
        "the {} positions are those of all tokens, not only of patches",
        positions));
  }
  return {with_prefix ? *with_prefix : *without, !with_prefix};
}

// Only models with rotary positions have no others, and timm's are Evas, with
// other block names.
bool CanLackPositions(const ShapeReader& read) {
  return read.Has("rope.freqs") || read.Has("blocks.0.gamma_1") ||
         read.Has("blocks.0.attn.q_bias");
}

// The patch grid, given as many positions as tokens or as patches.
void ReadPositions(const ShapeReader& read, const Hints& hints,
                   Assumptions& assumptions, VitConfig& c) {
  c.pos_embed = read.Has("pos_embed") || !CanLackPositions(read);
  if (!c.pos_embed) return;
  const int64_t positions = read.Get("pos_embed", 3)[1];
  const auto stated = StatedGrid(hints, positions, c);
  const PositionGrid found =
      stated ? *stated : SquareGrid(positions, assumptions, c);
  c.no_embed_class = found.no_embed_class;
  c.img_size = {found.grid.height * c.patch_size,
                found.grid.width * c.patch_size};
}

// The ratio of so many hidden channels.
double RatioOf(int64_t hidden, int64_t width) {
  const auto wide = static_cast<double>(width);
  double ratio = static_cast<double>(hidden) / wide;
  // Rounding of the ratio must not lose a hidden channel.
  while (static_cast<int64_t>(wide * ratio) < hidden) {
    ratio = std::nextafter(ratio, 2 * ratio);
  }
  return ratio;
}

void RequireMatrix(const ShapeReader& read, const std::string& name,
                   int64_t rows, const VitConfig& c) {
  const Shape& shape = read.Get(name, 2);
  const Shape expected = {rows, c.embed_dim};
  RequireShape(shape == expected, name, shape,
               fmt::format("expected {} for embed_dim {}",
                           FormatShape(expected), c.embed_dim));
}

// A norm without bias is an RMSNorm if all are; a file in which only some lack
// it has other norms.
void ReadNorm(const ShapeReader& read, VitConfig& c, Assumptions& assumptions) {
  const bool parallel = c.block == BlockForm::kParallel;
  const std::string norm = parallel ? "blocks.0.in_norm" : "blocks.0.norm1";
  if (!read.Has(norm + ".weight") || read.Has(norm + ".bias")) return;
  for (const char* other :
       {"blocks.0.norm2.bias", "norm.bias", "fc_norm.bias"}) {
    if (read.Has(other)) read.RequireLayerNorm(norm);
  }
  c.norm = Norm::kRmsNorm;
  assumptions.emplace_back(
      "RMSNorm, as the norms have no bias: a LayerNorm without one looks "
      "alike");
}

// qkv, its biases, and norms and lambdas within attention.
void ReadAttention(const ShapeReader& read, VitConfig& c) {
  const std::string attn = "blocks.0.attn.";
  if (read.Has(attn + "q_proj.weight")) {
    c.qkv = Qkv::kSeparate;
    RequireMatrix(read, attn + "q_proj.weight", c.embed_dim, c);
    RequireMatrix(read, attn + "k_proj.weight", c.embed_dim, c);
    c.qkv_bias = read.Has(attn + "q_proj.bias");
  } else {
    RequireMatrix(read, attn + "qkv.weight", 3 * c.embed_dim, c);
    if (read.Has(attn + "q_bias")) c.qkv = Qkv::kQvBias;
    c.qkv_bias = c.qkv == Qkv::kQvBias || read.Has(attn + "qkv.bias");
  }
  c.diff_attn = read.Has(attn + "lambda_q1");
  c.qk_norm = read.Has(attn + "q_norm.weight");
  c.scale_attn_norm = read.Has(attn + "norm.weight");
  // A model without either has biases, as far as one can see.
  c.proj_bias = !read.Has(attn + "proj.weight") || read.Has(attn + "proj.bias");
}

void ReadMlp(const ShapeReader& read, VitConfig& c) {
  const std::string mlp = "blocks.0.mlp.";
  int64_t hidden = 0;
  if (read.Has(mlp + "fc1_g.weight")) {
    c.mlp = MlpForm::kSwiGlu;
    hidden = read.Get(mlp + "fc1_g.weight", 2)[0];
  } else {
    hidden = read.Get(mlp + "fc1.weight", 2)[0];
    const bool packed = read.RankOf(mlp + "fc2.weight") == 2 &&
                        hidden == 2 * read.Get(mlp + "fc2.weight", 2)[1];
    if (packed) {
      c.mlp = MlpForm::kSwiGluPacked;
      hidden /= 2;
    }
  }
  c.scale_mlp_norm = read.Has(mlp + "norm.weight");
  c.mlp_ratio = RatioOf(hidden, c.embed_dim);
  // What gates is SiLU; timm's Eva states GELU for the MLPs that it has not.
  const bool eva = c.qkv != Qkv::kFused || read.Has("blocks.0.gamma_1");
  if (c.mlp != MlpForm::kMlp && !eva) c.activation = Activation::kSilu;
}

void ReadParallelBlock(const ShapeReader& read, VitConfig& c) {
  const std::string in_proj = "blocks.0.in_proj.weight";
  const Shape& shape = read.Get(in_proj, 2);
  const int64_t hidden = shape[0] - 3 * c.embed_dim;
  RequireShape(hidden > 0 && shape[1] == c.embed_dim, in_proj, shape,
               fmt::format("expected more than {} rows and {} columns",
                           3 * c.embed_dim, c.embed_dim));
  c.mlp_ratio = RatioOf(hidden, c.embed_dim);
  c.qkv_bias = read.Has("blocks.0.in_proj.bias");
  c.diff_attn = read.Has("blocks.0.lambda_q1");
  c.qk_norm = read.Has("blocks.0.q_norm.weight");
  c.proj_bias = read.Has("blocks.0.attn_out_proj.bias") ||
                read.Has("blocks.0.out_proj.bias");
}

void ReadBlock(const ShapeReader& read, VitConfig& c,
               Assumptions& assumptions) {
  c.depth = read.CountBlocks("blocks.");
  if (read.Has("blocks.0.in_proj.weight")) c.block = BlockForm::kParallel;
  ReadNorm(read, c, assumptions);
  if (c.block == BlockForm::kParallel) {
    ReadParallelBlock(read, c);
  } else {
    ReadAttention(read, c);
    ReadMlp(read, c);
  }
  for (const char* gamma : {"ls1.gamma", "gamma_1", "ls.gamma"}) {
    if (read.Has(fmt::format("blocks.0.{}", gamma))) c.layer_scale = 1e-5;
  }
  if (read.Has("rope.freqs")) {
    c.rope = Rope::kMixed;
  } else if (read.Has("blocks.0.gamma_1")) {
    c.rope = Rope::kAxial;  // or another that leaves no tensor
  }
}

void ReadAttentionPooling(const ShapeReader& read, VitConfig& c) {
  c.pooling = Pooling::kAttention;
  const std::string fc1 = "attn_pool.mlp.fc1.weight";
  const int64_t hidden = read.Get(fc1, 2)[0];
  if (hidden == c.MlpHidden()) return;
  RequireShape(
      c.pre_norm, fc1, read.Get(fc1, 2),
      fmt::format("expected {} rows, as in the blocks", c.MlpHidden()));
  c.attn_pool_mlp_ratio = RatioOf(hidden, c.embed_dim);
}

void ReadHead(const ShapeReader& read, const Hints& hints,
              Assumptions& assumptions, VitConfig& c) {
  c.num_classes = read.ClassesOf("head.weight");
  c.final_norm = read.Has("norm.weight") || read.Has("fc_norm.weight");
  if (read.Has("attn_pool.latent")) {
    ReadAttentionPooling(read, c);
  } else if (read.Has("fc_norm.weight")) {
    c.pooling = Pooling::kAverage;
  } else if (hints.pooling == Pooling::kNormedAverage && !c.dist_token) {
    c.pooling = Pooling::kNormedAverage;
  } else if (c.class_token) {
    c.pooling = Pooling::kToken;
  } else {
    c.pooling = Pooling::kNormedAverage;
    assumptions.emplace_back(
        "average pooling after the norm, as there is no class token");
  }
}

}  // namespace

bool LooksLikeVit(const ShapeReader& read) {
  return read.Has("blocks.0.attn.qkv.weight") ||
         (read.Has("patch_embed.proj.weight") &&
          (read.Has("blocks.0.norm1.weight") ||
           read.Has("blocks.0.in_norm.weight")));
}

VitConfig DetectVit(const ShapeReader& read, const Hints& hints,
                    Assumptions& assumptions) {
  VitConfig c;
  ReadPatches(read, c);
  c.norm_eps = c.pre_norm ? 1e-5 : 1e-6;
  ReadTokens(read, c);
  ReadPositions(read, hints, assumptions, c);
  ReadBlock(read, c, assumptions);
  ReadHead(read, hints, assumptions, c);
  CompleteVit(hints, assumptions, c);
  return c;
}

}  // namespace wsel::model
