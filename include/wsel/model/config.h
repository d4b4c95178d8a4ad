// Torch-free.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace wsel::model {

enum class Pooling {
  kToken,          // the class token after the final norm
  kAverage,        // mean of the patch tokens, then `fc_norm` (MAE)
  kNormedAverage,  // mean of the patch tokens after `norm` (timm's vit_*_gap)
};

enum class Activation {
  kGelu,       // exact, by erf
  kQuickGelu,  // x * sigmoid(1.702 x), as OpenAI's CLIP
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

// A ConvNeXt (Liu et al. 2022) as timm's ConvNeXt builds it.
struct ConvNextConfig {
  std::string name;
  int64_t img_size = 224;  // only for FLOPs; the weights fit any size
  int64_t patch_size = 4;  // 1 to 4; if 2, stage 0 downsamples, as in timm
  std::array<int64_t, 4> dims = {96, 192, 384, 768};
  std::array<int64_t, 4> depths = {3, 3, 9, 3};
  int64_t num_classes = 1000;    // 0: no head
  bool conv_mlp = false;         // fc1, fc2 as 1x1 convolutions [4D, D, 1, 1]
  bool head_norm_first = false;  // `norm_pre` before pooling (the *_hnf)
  double layer_scale = 1e-6;     // initial value; 0: no layer scale
  double head_init_scale = 1;
  double norm_eps = 1e-6;

  bool operator==(const ConvNextConfig&) const = default;
};

using Config = std::variant<VitConfig, ConvNextConfig>;

// "ViT" or "ConvNeXt"
std::string_view ArchitectureName(const Config& config);
const std::string& NameOf(const Config& config);
// In pixels per side.
int64_t ImageSize(const Config& config);
int64_t NumClasses(const Config& config);
// Channels of the final features (timm's num_features).
int64_t NumFeatures(const Config& config);
void SetNumClasses(Config& config, int64_t num_classes);

// Checks that a model can be built: sizes are positive and below 2^20, a stage
// has at most 1024 blocks, patch_size divides img_size, num_heads divides
// embed_dim, token pooling has a class token, and a distillation token occurs
// only as in timm's DeiT (beside a class token with a position, without
// registers). The ParameterCount of a valid config fits int64_t.
// Errors: kConfig, naming `where` and the field.
void Validate(const Config& config, std::string_view where);

}  // namespace wsel::model
