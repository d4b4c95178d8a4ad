// Torch-free.
#pragma once

#include <cstdint>
#include <string>

namespace wsel::model {

enum class Pooling {
  kToken,          // the class token after the final norm
  kAverage,        // mean of the patch tokens, then `fc_norm` (MAE)
  kNormedAverage,  // mean of the patch tokens after `norm` (timm's vit_*_gap)
};

enum class Activation {
  kGelu,       // exact, by erf
  kQuickGelu,  // x * sigmoid(1.702 x), as OpenAI's CLIP
  kGeluTanh,   // GELU approximated by tanh (SigLIP 2)
  kRelu,
  kSilu,  // x * sigmoid(x); of a SwiGLU
};

// A Vision Transformer (Dosovitskiy et al. 2021) as timm's VisionTransformer
// and VisionTransformerDistilled build it. Sizes are in pixels, tokens or
// channels; images are square and RGB.
struct VitConfig {
  std::string name;  // timm's, or the user's
  int64_t img_size = 224;
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

  bool operator==(const VitConfig&) const = default;

  int64_t GridSize() const { return img_size / patch_size; }
  int64_t PrefixTokens() const {
    return (class_token ? 1 : 0) + (dist_token ? 1 : 0) + reg_tokens;
  }
  int64_t HeadDim() const { return embed_dim / num_heads; }
  int64_t MlpHidden() const {
    return static_cast<int64_t>(static_cast<double>(embed_dim) * mlp_ratio);
  }
};

}  // namespace wsel::model
