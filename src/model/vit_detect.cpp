#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include "vit.h"
#include "wsel/model/variants.h"

namespace wsel::model {
namespace {

using Assumptions = std::vector<std::string>;

constexpr int64_t kHeadDim = 64;

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
  RequireShape(shape[1] == 3 && shape[2] == shape[3], name, shape,
               "supported models take RGB images in square patches; to select "
               "the other tensors, give the teacher's model and skip "
               "patch_embed");
  c.embed_dim = shape[0];
  c.patch_size = shape[2];
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

constexpr std::string_view kOnlySquare =
    "supported models take square images; to select the other tensors, give "
    "the teacher's model, with square images, and skip pos_embed";

// Errors: kMismatch if what is stated of the images makes another grid of the
// positions than a square one. Weights may be of another size than stated.
void CheckGrid(const Hints& hints, int64_t positions, const VitConfig& c) {
  if (!hints.img_size) return;
  const auto [height, width] = *hints.img_size;
  const auto is_size = [](int64_t x) { return x >= 1 && x < (1 << 20); };
  if (height == width || !is_size(height) || !is_size(width)) return;
  const int64_t rows = height / c.patch_size;
  const int64_t columns = width / c.patch_size;
  const int64_t patches = rows * columns;
  if (patches != positions && patches + c.PrefixTokens() != positions) return;
  ThrowMismatch("pos_embed",
                fmt::format("is a grid of {} x {} positions, for images of {} "
                            "x {} px; {}",
                            rows, columns, height, width, kOnlySquare));
}

// The patch grid, given as many positions as tokens or as patches.
void ReadPositions(const ShapeReader& read, const Hints& hints,
                   Assumptions& assumptions, VitConfig& c) {
  const int64_t positions = read.Get("pos_embed", 3)[1];
  const int64_t prefix = c.PrefixTokens();
  CheckGrid(hints, positions, c);
  const auto with_prefix = Side(positions - prefix);
  const auto without = prefix > 0 ? Side(positions) : std::nullopt;
  if (!with_prefix && (!without || c.dist_token)) {
    ThrowMismatch("pos_embed",
                  fmt::format("has {} positions, which with {} prefix tokens "
                              "do not make a square grid; {}",
                              positions, prefix, kOnlySquare));
  }
  c.no_embed_class = !with_prefix;
  c.img_size = (with_prefix ? *with_prefix : *without) * c.patch_size;
  if (with_prefix && without) {
    assumptions.push_back(fmt::format(
        "the {} positions are those of all tokens, not only of patches",
        positions));
  }
}

void ReadBlock(const ShapeReader& read, VitConfig& c) {
  c.depth = read.CountBlocks("blocks.");
  read.RequireLayerNorm("blocks.0.norm1");
  const std::string qkv = "blocks.0.attn.qkv.weight";
  const Shape& shape = read.Get(qkv, 2);
  const Shape expected = {3 * c.embed_dim, c.embed_dim};
  RequireShape(shape == expected, qkv, shape,
               fmt::format("expected {} for embed_dim {}",
                           FormatShape(expected), c.embed_dim));
  c.qkv_bias = read.Has("blocks.0.attn.qkv.bias");
  const int64_t hidden = read.Get("blocks.0.mlp.fc1.weight", 2)[0];
  c.mlp_ratio = static_cast<double>(hidden) / static_cast<double>(c.embed_dim);
  // Rounding of the ratio must not lose a hidden channel.
  while (c.MlpHidden() < hidden) {
    c.mlp_ratio = std::nextafter(c.mlp_ratio, 2 * c.mlp_ratio);
  }
  c.layer_scale = read.Has("blocks.0.ls1.gamma") ? 1e-5 : 0;
}

void ReadHead(const ShapeReader& read, const Hints& hints,
              Assumptions& assumptions, VitConfig& c) {
  c.num_classes = read.ClassesOf("head.weight");
  if (read.Has("fc_norm.weight")) {
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

// Clears what names and shapes do not determine, to compare the rest.
VitConfig Visible(VitConfig c) {
  c.name.clear();
  c.img_size = 0;
  c.num_classes = 0;
  c.num_heads = 0;
  c.activation = Activation::kGelu;
  c.layer_scale = c.layer_scale > 0 ? 1 : 0;
  return c;
}

// The first variant that `accept` accepts, or null.
template <typename Predicate>
const VitConfig* FirstVariant(const Predicate& accept) {
  for (const Variant& variant : Variants()) {
    const auto* vit = std::get_if<VitConfig>(&variant.config);
    if (vit != nullptr && accept(*vit)) return vit;
  }
  return nullptr;
}

// The variant with the same tensors, preferably of the same image size.
const VitConfig* MatchingVariant(const VitConfig& c) {
  const auto matches = [&](const VitConfig& vit) {
    return Visible(vit) == Visible(c);
  };
  const VitConfig* same_size = FirstVariant([&](const VitConfig& vit) {
    return vit.img_size == c.img_size && matches(vit);
  });
  return same_size != nullptr ? same_size : FirstVariant(matches);
}

// The smallest number of heads with at most 64 channels each.
int64_t DefaultHeads(int64_t width) {
  int64_t heads = (width + kHeadDim - 1) / kHeadDim;
  while (width % heads != 0) ++heads;
  return heads;
}

void AssumeHeads(const VitConfig* like, const Hints& hints,
                 Assumptions& assumptions, VitConfig& c) {
  if (hints.num_heads) {
    c.num_heads = *hints.num_heads;
    return;
  }
  const int64_t published = PublishedHeads(c.embed_dim);
  if (published > 0 && (like == nullptr || like->num_heads != published)) {
    c.num_heads = published;
    assumptions.push_back(
        fmt::format("{} heads, a guess by the published models of width {}",
                    published, c.embed_dim));
    return;
  }
  if (like == nullptr) {
    like = FirstVariant(
        [&](const VitConfig& vit) { return vit.embed_dim == c.embed_dim; });
  }
  if (like != nullptr) {
    c.num_heads = like->num_heads;
    assumptions.push_back(
        fmt::format("{} heads, as in {}", c.num_heads, like->name));
    return;
  }
  c.num_heads = DefaultHeads(c.embed_dim);
  assumptions.push_back(fmt::format("{} channels per head, so {} heads",
                                    c.HeadDim(), c.num_heads));
}

void AssumeActivation(const Hints& hints, Assumptions& assumptions,
                      VitConfig& c) {
  c.activation = hints.activation.value_or(c.activation);
  if (!c.pre_norm || (hints.norm_eps && hints.activation)) return;
  assumptions.emplace_back(
      "CLIP, as there is a norm before the blocks: LayerNorm eps 1e-05 and "
      "exact GELU (OpenAI's weights were trained with QuickGELU)");
}

// The known models pool their class token, if they have one.
void AssumePooling(const VitConfig* like, const Hints& hints,
                   Assumptions& assumptions, const VitConfig& c) {
  if (like != nullptr || hints.pooling) return;
  if (c.pooling != Pooling::kToken || c.dist_token) return;
  assumptions.emplace_back("the class token is pooled, not the patches");
}

// A count of positions does not tell a square grid from another: 8 x 8 or
// 16 x 4. The known models' are square.
void AssumeGrid(const Hints& hints, Assumptions& assumptions,
                const VitConfig& c) {
  const std::array<int64_t, 2> square = {c.img_size, c.img_size};
  if (hints.img_size == square) return;
  const VitConfig* known = FirstVariant([&](const VitConfig& vit) {
    return vit.img_size == c.img_size && vit.patch_size == c.patch_size;
  });
  if (known != nullptr || c.GridSize() == 1) return;
  assumptions.push_back(
      fmt::format("the positions are a square grid of {0} x {0}, so images of "
                  "{1} px; if they are another one, skip pos_embed",
                  c.GridSize(), c.img_size));
}

void AssumeLayerScale(const VitConfig* like, Assumptions& assumptions,
                      VitConfig& c) {
  if (c.layer_scale == 0) return;
  if (like != nullptr) c.layer_scale = like->layer_scale;
  assumptions.push_back(fmt::format("initial layer scale {:g}", c.layer_scale));
}

}  // namespace

int64_t PublishedHeads(int64_t width) {
  // Of the models that timm publishes, nearly all. At width 768 no weights of
  // vit_base_patch16_gap_224, which has 16, are published.
  if (width == 768) return 12;
  constexpr int64_t kOf16Heads[] = {1152, 1280, 1408, 1536, 1664};
  const auto* const end = std::end(kOf16Heads);
  return std::find(std::begin(kOf16Heads), end, width) == end ? 0 : 16;
}

bool LooksLikeVit(const ShapeReader& read) {
  return read.Has("blocks.0.attn.qkv.weight") ||
         (read.Has("patch_embed.proj.weight") &&
          read.Has("blocks.0.norm1.weight"));
}

VitConfig DetectVit(const ShapeReader& read, const Hints& hints,
                    Assumptions& assumptions) {
  VitConfig c;
  ReadPatches(read, c);
  c.norm_eps = c.pre_norm ? 1e-5 : 1e-6;
  ReadTokens(read, c);
  ReadPositions(read, hints, assumptions, c);
  ReadBlock(read, c);
  ReadHead(read, hints, assumptions, c);
  const VitConfig* like = MatchingVariant(c);
  AssumeHeads(like, hints, assumptions, c);
  AssumePooling(like, hints, assumptions, c);
  AssumeGrid(hints, assumptions, c);
  AssumeLayerScale(like, assumptions, c);
  AssumeActivation(hints, assumptions, c);
  return c;
}

}  // namespace wsel::model
