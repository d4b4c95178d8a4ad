// What names and shapes do not determine of a ViT: it is that of the variant
// with the same tensors, or of the published models, and is said to be assumed.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "field.h"
#include "vit.h"
#include "wsel/model/variants.h"

namespace wsel::model {
namespace {

using Assumptions = std::vector<std::string>;

constexpr int64_t kHeadDim = 64;

// Clears what names and shapes do not determine, to compare the rest. Of rotary
// positions only learnt frequencies and Eva's names of layer scales are seen.
VitConfig Visible(const VitConfig& config) {
  VitConfig c = WithHiddenForRatios(config);
  const bool scaled = config.HasLayerScale();
  const bool eva = config.IsEva();
  c.name.clear();
  c.img_size = 0;
  c.num_classes = 0;
  c.in_chans = 0;
  c.num_heads = 0;
  c.norm_eps = 1;
  c.activation = Activation::kGelu;
  c.layer_scale = scaled ? 1 : 0;
  if (IsPostNorm(c)) c.block = BlockForm::kPreNorm;
  if (c.pooling == Pooling::kNormedAverage) c.pooling = Pooling::kToken;
  c.attn_pool_heads = 0;
  c.pool_include_prefix = false;
  if (c.rope != Rope::kMixed) {
    c.rope = eva && scaled ? Rope::kAxial : Rope::kNone;
  }
  const VitConfig usual;
  c.rope_temperature = usual.rope_temperature;
  c.rope_grid_offset = usual.rope_grid_offset;
  c.rope_xy = usual.rope_xy;
  c.rope_ref_grid = usual.rope_ref_grid;
  c.rope_rotate_half = usual.rope_rotate_half;
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
  if (like == nullptr && published > 0) {
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

void AssumeActivation(const VitConfig* like, const Hints& hints,
                      Assumptions& assumptions, VitConfig& c) {
  if (like != nullptr) c.activation = like->activation;
  // An Eva has GELU, or SwiGLU; what gates is SiLU, whatever is stated.
  const bool has_another = !c.IsEva() && c.mlp == MlpForm::kMlp;
  if (has_another) c.activation = hints.activation.value_or(c.activation);
  if (!c.pre_norm || c.IsEva() || (hints.norm_eps && hints.activation)) return;
  assumptions.emplace_back(
      "CLIP, as there is a norm before the blocks: LayerNorm eps 1e-05 and "
      "exact GELU (OpenAI's weights were trained with QuickGELU)");
}

// The known models pool their class token, if they have one.
void AssumePooling(const VitConfig* like, const Hints& hints,
                   Assumptions& assumptions, VitConfig& c) {
  if (hints.pooling) return;
  if (like != nullptr && like->pooling != c.pooling) {
    c.pooling = like->pooling;
    assumptions.push_back(
        fmt::format("the patches are pooled, as in {}", like->name));
  }
  if (like != nullptr) return;
  if (c.pooling != Pooling::kToken || c.dist_token) return;
  assumptions.emplace_back("the class token is pooled, not the patches");
}

// Rotary positions are of any image size.
void AssumeImageSize(const VitConfig* like, const Hints& hints,
                     Assumptions& assumptions, VitConfig& c) {
  constexpr int64_t kUsual = 224;
  const auto fits = [&](int64_t side) {
    return side >= c.patch_size && side <= kMaxSize && side % c.patch_size == 0;
  };
  if (hints.img_size && fits(hints.img_size->height) &&
      fits(hints.img_size->width)) {
    c.img_size = *hints.img_size;
    return;
  }
  if (like != nullptr) {
    c.img_size = like->img_size;
  } else {
    c.img_size = std::max<int64_t>(1, kUsual / c.patch_size) * c.patch_size;
  }
  assumptions.push_back(fmt::format(
      "images of {} px, as there are no learnt positions", c.img_size));
}

// A count of positions does not distinguish a square grid from another: 8 x 8
// or 16 x 4. The known models' are square.
void AssumeGrid(const VitConfig* like, const Hints& hints,
                Assumptions& assumptions, VitConfig& c) {
  if (!c.pos_embed) {
    AssumeImageSize(like, hints, assumptions, c);
    return;
  }
  if (hints.img_size == c.img_size || !c.img_size.IsSquare()) return;
  // What is stated is neither square nor the size of these positions.
  const bool differs = hints.img_size && !hints.img_size->IsSquare();
  const VitConfig* known = FirstVariant([&](const VitConfig& vit) {
    return vit.img_size == c.img_size && vit.patch_size == c.patch_size;
  });
  if (!differs && (known != nullptr || c.NumPatches() == 1)) return;
  assumptions.push_back(
      fmt::format("the positions are a square grid of {0} x {0}, so images of "
                  "{1} px; if they are another one, give the model with its "
                  "img_size, [height, width]",
                  c.GridSize(), c.img_size));
}

void AssumeLayerScale(const VitConfig* like, Assumptions& assumptions,
                      VitConfig& c) {
  if (like != nullptr && !like->HasLayerScale()) {
    c.layer_scale = like->layer_scale;  // of post-norm blocks
    return;
  }
  if (c.layer_scale == 0) return;
  if (like != nullptr) c.layer_scale = like->layer_scale;
  assumptions.push_back(fmt::format("initial layer scale {:g}", c.layer_scale));
}

// Which rotary positions a model has of which no variant is known: those of the
// published models with the same tensors.
void GuessRope(VitConfig& c) {
  const bool mixed = c.rope == Rope::kMixed;
  const bool perception =
      c.pre_norm && (c.pooling == Pooling::kAttention || !c.final_norm);
  const bool eva02 = c.qkv != Qkv::kFused && c.mlp != MlpForm::kMlp;
  if (mixed) {
    c.rope_temperature = 10;
    c.rope_xy = true;
  } else if (!c.pos_embed && c.class_token && c.reg_tokens > 0) {
    c.rope = Rope::kDinov3;
    c.norm_eps = 1e-5;
    c.rope_temperature = 100;
    c.rope_rotate_half = true;
  } else if (perception) {
    c.rope = Rope::kAxial;
    c.rope_xy = true;
    c.rope_grid_offset = c.class_token ? 1 : 0;
    c.rope_ref_grid = c.GridSize().Longer();
  } else if ((!c.pos_embed && !c.class_token) || eva02) {
    c.rope = Rope::kAxial;
    c.rope_ref_grid = 16;
  } else if (c.rope != Rope::kNone) {  // of the RoPE-ViTs (Heo et al. 2024)
    c.rope_temperature = 100;
    c.rope_xy = true;
  }
}

std::string_view WordsOf(const VitConfig& c) {
  if (c.rope == Rope::kDinov3) return "DINOv3";
  if (c.pre_norm) return "Perception Encoders";
  if (c.rope == Rope::kMixed || c.rope_xy) return "RoPE-ViTs";
  return "EVA-02";
}

void AssumeRope(const VitConfig* like, Assumptions& assumptions, VitConfig& c) {
  if (like == nullptr) {
    GuessRope(c);
  } else {
    c.block = like->block;
    c.rope = like->rope;
    c.rope_temperature = like->rope_temperature;
    c.rope_grid_offset = like->rope_grid_offset;
    c.rope_xy = like->rope_xy;
    c.rope_ref_grid = like->rope_ref_grid;
    c.rope_rotate_half = like->rope_rotate_half;
  }
  if (like != nullptr && IsPostNorm(c)) {
    assumptions.push_back(
        fmt::format("post-norm blocks, as in {}", like->name));
  }
  if (c.rope == Rope::kNone) return;
  if (c.mlp == MlpForm::kMlp || c.IsEva()) c.activation = Activation::kGelu;
  assumptions.push_back(
      fmt::format("rotary positions as in {}",
                  like != nullptr ? std::string_view{like->name} : WordsOf(c)));
}

void AssumeAttentionPooling(const VitConfig* like, Assumptions& assumptions,
                            VitConfig& c) {
  if (c.pooling != Pooling::kAttention) return;
  constexpr int64_t kPerceptionHeads = 8;
  c.pool_include_prefix =
      like != nullptr ? like->pool_include_prefix : c.IsEva();
  if (like != nullptr) {
    c.attn_pool_heads = like->attn_pool_heads;
  } else if (c.IsEva() && c.embed_dim % kPerceptionHeads == 0) {
    c.attn_pool_heads = kPerceptionHeads;
  }
  if (c.attn_pool_heads == 0) return;
  assumptions.push_back(
      fmt::format("attention pooling with {} heads", c.attn_pool_heads));
}

// A file that lacks its final norm may be incomplete: only models that are
// known by their form or by the source of the file have none.
const VitConfig* FindLike(const Hints& hints, Assumptions& assumptions,
                          VitConfig& c) {
  const VitConfig* like = MatchingVariant(c);
  if (c.final_norm || hints.no_final_norm) return like;
  if (like != nullptr) {
    assumptions.push_back(fmt::format("no final norm, as in {}", like->name));
    return like;
  }
  c.final_norm = true;
  return MatchingVariant(c);
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

void CompleteVit(const Hints& hints, Assumptions& assumptions, VitConfig& c) {
  const VitConfig* like = FindLike(hints, assumptions, c);
  if (like != nullptr) {
    c.norm_eps = like->norm_eps;
    c.mlp_ratio = like->mlp_ratio;  // perhaps another of as many channels
    c.attn_pool_mlp_ratio = like->attn_pool_mlp_ratio;
  }
  AssumeHeads(like, hints, assumptions, c);
  AssumePooling(like, hints, assumptions, c);
  AssumeGrid(like, hints, assumptions, c);
  AssumeRope(like, assumptions, c);
  AssumeAttentionPooling(like, assumptions, c);
  AssumeLayerScale(like, assumptions, c);
  AssumeActivation(like, hints, assumptions, c);
}

}  // namespace wsel::model
