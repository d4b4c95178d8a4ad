#include "vit.h"

#include <fmt/format.h>

#include <cmath>

#include "architecture.h"
#include "timm_init.h"
#include "wsel/core/error.h"

namespace wsel::model {
namespace {

constexpr int64_t kMaxGrid = 512;  // 8192 pixels in patches of 16

constexpr Field<VitConfig> kFields[] = {
    {"name", &VitConfig::name},
    {"img_size", &VitConfig::img_size, kSize},
    {"patch_size", &VitConfig::patch_size, kSize},
    {"embed_dim", &VitConfig::embed_dim, kSize},
    {"depth", &VitConfig::depth, kDepth},
    {"num_heads", &VitConfig::num_heads, kSize},
    {"mlp_ratio", &VitConfig::mlp_ratio, kPositive},
    {"num_classes", &VitConfig::num_classes, kCount},
    {"pooling", &VitConfig::pooling},
    {"activation", &VitConfig::activation},
    {"qkv_bias", &VitConfig::qkv_bias},
    {"class_token", &VitConfig::class_token},
    {"dist_token", &VitConfig::dist_token},
    {"reg_tokens", &VitConfig::reg_tokens, kCount},
    {"no_embed_class", &VitConfig::no_embed_class},
    {"pre_norm", &VitConfig::pre_norm},
    {"layer_scale", &VitConfig::layer_scale, kNotNegative},
    {"norm_eps", &VitConfig::norm_eps, kPositive},
};

void CheckTokens(const VitConfig& c, const FieldChecker& checker) {
  checker.Require(c.class_token || c.pooling != Pooling::kToken, "pooling",
                  "is 'token' but there is no class token; use 'avg'");
  if (!c.dist_token) return;
  checker.Require(c.class_token && c.pooling == Pooling::kToken, "dist_token",
                  "needs a class token and pooling 'token'");
  checker.Require(c.reg_tokens == 0, "dist_token",
                  "cannot be combined with register tokens");
  checker.Require(!c.no_embed_class, "dist_token",
                  "has a position embedding; no_embed_class must be false");
}

void Check(const VitConfig& c, const FieldChecker& checker) {
  const double hidden = static_cast<double>(c.embed_dim) * c.mlp_ratio;
  checker.Require(hidden >= 1 && hidden <= static_cast<double>(kMaxSize),
                  "mlp_ratio", "makes {} hidden channels; they must be 1 to {}",
                  hidden, kMaxSize);
  checker.Require(c.img_size % c.patch_size == 0, "img_size",
                  "is {}, not a multiple of patch_size {}", c.img_size,
                  c.patch_size);
  checker.Require(c.GridSize() <= kMaxGrid, "img_size",
                  "is {}: {} patches per side; at most {} are supported",
                  c.img_size, c.GridSize(), kMaxGrid);
  checker.Require(c.embed_dim % c.num_heads == 0, "num_heads",
                  "is {}, which does not divide embed_dim {}", c.num_heads,
                  c.embed_dim);
  checker.Require(c.activation == Activation::kGelu ||
                      c.activation == Activation::kQuickGelu,
                  "activation", "is '{}', which only ConvNeXts support here",
                  NamesOf(c.activation).NameOf(c.activation));
  CheckTokens(c, checker);
}

Tokens TokensIn(const VitConfig& c) {
  Tokens tokens = {c.PrefixTokens(), {}, c.GridSize()};
  if (c.no_embed_class) return tokens;
  if (c.class_token) tokens.positioned_prefix.emplace_back("cls_token");
  if (c.dist_token) tokens.positioned_prefix.emplace_back("dist_token");
  for (int64_t i = 0; i < c.reg_tokens; ++i) {
    tokens.positioned_prefix.push_back(fmt::format("reg_token {}", i));
  }
  return tokens;
}

std::vector<std::string_view> Extras(const VitConfig& c) {
  std::vector<std::string_view> extras;
  if (c.pre_norm) extras.emplace_back("a norm before the blocks");
  if (c.layer_scale != 0) extras.emplace_back("layer scale");
  if (c.activation == Activation::kQuickGelu) extras.emplace_back("QuickGELU");
  return extras;
}

std::string NameBySizes(const VitConfig& c) {
  return fmt::format("vit_d{}_l{}_h{}_p{}", c.embed_dim, c.depth, c.num_heads,
                     c.patch_size);
}

std::string DescribeVit(const VitConfig& c) {
  std::string text = fmt::format(
      "ViT: width {}, depth {}, {} heads, patch {}, image {}, {} classes",
      c.embed_dim, c.depth, c.num_heads, c.patch_size, c.img_size,
      c.num_classes);
  if (c.pooling != Pooling::kToken) text += ", average pooling";
  if (c.dist_token) text += ", distillation token";
  if (c.reg_tokens > 0) {
    text += fmt::format(", {} register tokens", c.reg_tokens);
  }
  if (c.no_embed_class) text += ", no position embedding for prefix tokens";
  if (c.pre_norm) text += ", norm before the blocks";
  if (c.layer_scale != 0) text += ", layer scale";
  if (c.activation == Activation::kQuickGelu) text += ", QuickGELU";
  if (c.norm_eps != 1e-6) text += fmt::format(", eps {:g}", c.norm_eps);
  return text;
}

double Flops(const VitConfig& c) {
  const auto width = static_cast<double>(c.embed_dim);
  const auto grid = static_cast<double>(c.GridSize());
  const auto patch = static_cast<double>(c.patch_size);
  const double tokens = grid * grid + static_cast<double>(c.PrefixTokens());
  const auto hidden = static_cast<double>(c.MlpHidden());

  const double block = MatMul(tokens, width, 3 * width) +   // qkv
                       2 * MatMul(tokens, width, tokens) +  // q k^T, a v
                       MatMul(tokens, width, width) +       // proj
                       2 * MatMul(tokens, width, hidden);   // fc1, fc2
  const double heads = c.dist_token ? 2 : 1;
  return MatMul(grid * grid, 3 * patch * patch, width) +
         static_cast<double>(c.depth) * block +
         heads * MatMul(1, width, static_cast<double>(c.num_classes));
}

int64_t SavedValues(const VitConfig& c) {
  // Per token and channel of a block: inputs of two norms, qkv, outputs of
  // attention and projection, the MLP's hidden layer before and after its
  // activation, sums.
  constexpr int64_t kPerChannel = 17;
  const int64_t tokens = c.GridSize() * c.GridSize() + c.PrefixTokens();
  return c.depth * tokens * c.embed_dim * kPerChannel;
}

// timm's init_weights_vit_timm.
Init TimmInit(const VitConfig& config, const ParameterSpec& parameter) {
  switch (parameter.component) {
    case Component::kPatchEmbed: {
      // torch's default of Conv2d, which timm keeps, for weight and bias alike.
      const auto patch = static_cast<double>(config.patch_size);
      return {InitKind::kUniform, 0, 1 / std::sqrt(3 * patch * patch)};
    }
    case Component::kPosEmbed:
      return TruncNormal(kStd, kTimmBound);
    case Component::kTokens:
      if (parameter.spec.name == "dist_token") {
        return TruncNormal(kStd, kTimmBound);
      }
      return {InitKind::kNormal, 1e-6};
    default:
      return IsWeight(parameter) ? TruncNormal(kStd, kTimmBound) : Constant(0);
  }
}

// Trockman & Kolter 2023. Errors: kConfig if the width is not a multiple of 4.
std::optional<Init> MimeticInit(const VitConfig& config,
                                const ParameterSpec& parameter) {
  if (config.embed_dim % 4 != 0) {
    throw Error(ErrorKind::kConfig, config.name,
                "mimetic initialisation needs an embed_dim that is a multiple "
                "of 4, not {}",
                config.embed_dim);
  }
  if (parameter.component == Component::kPosEmbed) {
    const int64_t prefix = config.no_embed_class ? 0 : config.PrefixTokens();
    return Init{InitKind::kSinCos, static_cast<double>(prefix)};
  }
  if (parameter.component != Component::kAttention || !IsWeight(parameter)) {
    return std::nullopt;
  }
  const bool qkv = parameter.axes.front().role == Role::kAttnInner;
  return Init{qkv ? InitKind::kMimeticQkv : InitKind::kMimeticProj, 0, 0,
              config.num_heads};
}

constexpr UnsupportedPart kUnsupported[] = {
    {"head.pre_logits.fc.", "a hidden layer in the head"},
};

}  // namespace

constinit const Architecture<VitConfig> kVit = {
    .key = "vit",
    .name = "ViT",
    .fields = kFields,
    .check = Check,
    .depths = [](VitConfig& c) { return std::span(&c.depth, 1); },
    .widths = [](VitConfig& c) { return std::span(&c.embed_dim, 1); },
    .num_heads = &VitConfig::num_heads,
    .activation = &VitConfig::activation,
    .layer_scale = &VitConfig::layer_scale,
    .tokens = TokensIn,
    .forward_extras = Extras,
    .add_variants = AddVitVariants,
    .name_by_sizes = NameBySizes,
    .describe = DescribeVit,
    .parameter_specs = VitParameterSpecs,
    .block_name = "blocks.{1}",
    .branches_per_block = 2,  // attention, MLP
    .flops = Flops,
    .saved_values = SavedValues,
    .timm_init = TimmInit,
    .mimetic_init = MimeticInit,
    .recognises = LooksLikeVit,
    .unsupported = kUnsupported,
    .detect = DetectVit,
};

}  // namespace wsel::model
