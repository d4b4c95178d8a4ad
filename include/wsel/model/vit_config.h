// Torch-free.
#pragma once

#include <cstdint>
#include <string>

#include "wsel/core/height_width.h"

namespace wsel::model {

enum class Pooling {
  kToken,          // the class token after the final norm
  kAverage,        // mean of the patch tokens, then `fc_norm` (MAE)
  kNormedAverage,  // mean of the patch tokens after `norm` (timm's vit_*_gap)
  kAttention,      // attention pooling after `norm` (SigLIP's MAP head)
};

enum class Activation {
  kGelu,       // exact, by erf
  kQuickGelu,  // x * sigmoid(1.702 x), as OpenAI's CLIP
  kGeluTanh,   // GELU approximated by tanh (SigLIP 2)
  kRelu,
  kSilu,  // x * sigmoid(x); of a SwiGLU
};

enum class Norm {
  kLayerNorm,
  kRmsNorm,  // without mean and bias (Zhang & Sennrich 2019)
};

// How timm stores the projections to query, key and value.
enum class Qkv {
  kFused,     // `qkv`, with a bias of all three or none
  kQvBias,    // `qkv` without a bias; `q_bias` and `v_bias` (EVA)
  kSeparate,  // `q_proj`, `k_proj` without a bias, `v_proj` (EVA-02)
};

// The MLP of a block, width -> hidden -> width.
enum class MlpForm {
  kMlp,           // fc2(activation(fc1(x)))
  kSwiGlu,        // fc2(silu(fc1_g(x)) * fc1_x(x)) (Shazeer 2020)
  kSwiGluPacked,  // the same, fc1 being fc1_g and then fc1_x
};

// How a block adds its branches to the residual stream.
enum class BlockForm {
  kPreNorm,   // x + attn(norm1(x)), then x + mlp(norm2(x))
  kPostNorm,  // x + norm1(attn(x)), then x + norm2(mlp(x))
  kParallel,  // x + attn(y) + mlp(y), y = in_norm(x) (Dehghani et al. 2023)
};

// Rotary positions (Su et al. 2021) of the patches, on a grid of rows and
// columns. Each of head_dim / 4 frequencies of rows, and as many of columns,
// rotates a pair of a head's channels.
enum class Rope {
  kNone,
  kAxial,   // timm's RotaryEmbeddingCat, of positions 0, 1, ...
  kMixed,   // learnt frequencies of both axes for each head (Heo et al. 2024)
  kDinov3,  // of positions between -1 and 1 (Simeoni et al. 2025)
};

struct VitConfig;
// Whether norms follow the branches of a block instead of preceding them.
bool IsPostNorm(const VitConfig& c);

// A Vision Transformer (Dosovitskiy et al. 2021) as timm's VisionTransformer,
// VisionTransformerDistilled and Eva build it. Sizes are in pixels, tokens or
// channels.
struct VitConfig {
  std::string name;  // timm's, or the user's
  HeightWidth img_size = 224;
  int64_t patch_size = 16;
  int64_t embed_dim = 768;
  int64_t depth = 12;
  int64_t num_heads = 12;
  double mlp_ratio = 4;
  int64_t num_classes = 1000;  // 0: no head
  Pooling pooling = Pooling::kToken;
  Activation activation = Activation::kGelu;
  bool qkv_bias = true;
  bool class_token = true;
  bool dist_token = false;      // DeiT's distillation token and `head_dist`
  int64_t reg_tokens = 0;       // registers (Darcet et al. 2024)
  bool no_embed_class = false;  // no position for prefix tokens (DeiT III)
  bool pre_norm = false;        // CLIP: `norm_pre`, no bias in patch_embed
  double layer_scale = 0;       // initial value; 0: no layer scale
  double norm_eps = 1e-6;
  int64_t in_chans = 3;  // of the images: 3 RGB, 1 grey, or others

  Norm norm = Norm::kLayerNorm;  // every norm
  bool final_norm = true;        // `norm`, or `fc_norm` after pooling
  bool embed_norm = false;       // of the patch embedding's output (AIMv2)
  BlockForm block = BlockForm::kPreNorm;
  Qkv qkv = Qkv::kFused;
  bool qk_norm = false;  // queries and keys normalised in each head
  // Differential attention (Ye et al. 2024): two attention matrices per head,
  // of half of its query and key channels each.
  bool diff_attn = false;
  bool scale_attn_norm = false;  // a norm before attention's projection
  bool proj_bias = true;         // of attn.proj and the MLP
  MlpForm mlp = MlpForm::kMlp;
  bool scale_mlp_norm = false;  // a norm of the hidden channels

  // Of attention pooling; 0: as in the blocks.
  int64_t attn_pool_heads = 0;
  double attn_pool_mlp_ratio = 0;
  bool pool_include_prefix = false;  // pools prefix tokens, too

  bool pos_embed = true;  // learnt absolute positions
  Rope rope = Rope::kNone;
  double rope_temperature = 10000;  // the base of the frequencies
  double rope_grid_offset = 0;      // of the first position
  bool rope_xy = false;             // columns before rows (timm's 'xy')
  // kAxial: positions are scaled as if the grid had this side; 0: they are not.
  int64_t rope_ref_grid = 0;
  // A pair is channels i and i + head_dim / 2, not 2i and 2i + 1.
  bool rope_rotate_half = false;

  bool operator==(const VitConfig&) const = default;

  // The patches in a column and in a row (timm's grid_size).
  HeightWidth GridSize() const {
    return {img_size.height / patch_size, img_size.width / patch_size};
  }
  int64_t NumPatches() const { return GridSize().Area(); }
  int64_t PrefixTokens() const {
    return (class_token ? 1 : 0) + (dist_token ? 1 : 0) + reg_tokens;
  }
  int64_t Tokens() const { return PrefixTokens() + NumPatches(); }
  int64_t HeadDim() const { return embed_dim / num_heads; }
  int64_t MlpHidden() const { return Times(mlp_ratio); }
  int64_t AttnPoolHeads() const {
    return attn_pool_heads > 0 ? attn_pool_heads : num_heads;
  }
  int64_t AttnPoolHidden() const {
    return Times(attn_pool_mlp_ratio > 0 ? attn_pool_mlp_ratio : mlp_ratio);
  }
  // Whether timm builds it as Eva, which has layer scales, attention biases and
  // initial values of its own.
  bool IsEva() const { return rope != Rope::kNone || qkv != Qkv::kFused; }
  // Whether layer scale is a parameter. In timm's post-norm blocks it is the
  // initial weight of their norms, in Eva's nothing.
  bool HasLayerScale() const { return layer_scale > 0 && !IsPostNorm(*this); }
  // Whether parameters have the size of a head, of which nothing is left out:
  // the lambdas of differential attention.
  bool FixesHeadDim() const { return diff_attn; }
  // Whether attention must keep its heads and the order of their channels.
  bool NeedsHeads() const {
    return rope != Rope::kNone || qk_norm || diff_attn;
  }

 private:
  int64_t Times(double ratio) const {
    return static_cast<int64_t>(static_cast<double>(embed_dim) * ratio);
  }
};

inline bool IsPostNorm(const VitConfig& c) {
  return c.block == BlockForm::kPostNorm;
}

}  // namespace wsel::model
