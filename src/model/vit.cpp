#include "vit.h"

#include <fmt/format.h>

#include "architecture.h"

namespace wsel::model {
namespace {

constexpr int64_t kMaxGrid = 512;  // 8192 pixels in patches of 16
constexpr bool kRare = true;       // a field that is only written if it is used

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
    {"in_chans", &VitConfig::in_chans, kInChans, kRare},
    {"norm", &VitConfig::norm, {}, kRare},
    {"final_norm", &VitConfig::final_norm, {}, kRare},
    {"embed_norm", &VitConfig::embed_norm, {}, kRare},
    {"block", &VitConfig::block, {}, kRare},
    {"qkv", &VitConfig::qkv, {}, kRare},
    {"qk_norm", &VitConfig::qk_norm, {}, kRare},
    {"diff_attn", &VitConfig::diff_attn, {}, kRare},
    {"scale_attn_norm", &VitConfig::scale_attn_norm, {}, kRare},
    {"proj_bias", &VitConfig::proj_bias, {}, kRare},
    {"mlp", &VitConfig::mlp, {}, kRare},
    {"scale_mlp_norm", &VitConfig::scale_mlp_norm, {}, kRare},
    {"attn_pool_heads", &VitConfig::attn_pool_heads, kCount, kRare},
    {"attn_pool_mlp_ratio", &VitConfig::attn_pool_mlp_ratio, kNotNegative,
     kRare},
    {"pool_include_prefix", &VitConfig::pool_include_prefix, {}, kRare},
    {"pos_embed", &VitConfig::pos_embed, {}, kRare},
    {"rope", &VitConfig::rope, {}, kRare},
    {"rope_temperature", &VitConfig::rope_temperature, kPositive, kRare},
    {"rope_grid_offset", &VitConfig::rope_grid_offset, kNotNegative, kRare},
    {"rope_xy", &VitConfig::rope_xy, {}, kRare},
    {"rope_ref_grid", &VitConfig::rope_ref_grid, kCount, kRare},
    {"rope_rotate_half", &VitConfig::rope_rotate_half, {}, kRare},
};

void CheckImageSize(const VitConfig& c, const FieldChecker& checker) {
  const auto [height, width] = c.img_size;
  checker.Require(height % c.patch_size == 0, "img_size",
                  "is {}{}not a multiple of patch_size {}", c.img_size,
                  c.img_size.IsSquare() ? ", " : ": its height is ",
                  c.patch_size);
  checker.Require(width % c.patch_size == 0, "img_size",
                  "is {}: its width is not a multiple of patch_size {}",
                  c.img_size, c.patch_size);
  const int64_t longest = c.GridSize().Longer();
  checker.Require(longest <= kMaxGrid, "img_size",
                  "is {}: {} patches per side; at most {} are supported",
                  c.img_size, longest, kMaxGrid);
}

void CheckTokens(const VitConfig& c, const FieldChecker& checker) {
  checker.Require(c.class_token || c.pooling != Pooling::kToken, "pooling",
                  "is 'token' but there is no class token; use 'avg'");
  if (!c.dist_token) return;
  checker.Require(c.class_token && c.pooling == Pooling::kToken, "dist_token",
                  "needs a class token and pooling 'token'");
  checker.Require(c.reg_tokens == 0, "dist_token",
                  "cannot be combined with register tokens");
  checker.Require(!c.no_embed_class && c.pos_embed, "dist_token",
                  "has a position embedding; no_embed_class must be false");
}

void CheckMlp(const VitConfig& c, double ratio, std::string_view field,
              const FieldChecker& checker) {
  const double hidden = static_cast<double>(c.embed_dim) * ratio;
  // A packed SwiGLU has twice as many rows.
  const double most = static_cast<double>(
      c.mlp == MlpForm::kSwiGluPacked ? kMaxSize / 2 : kMaxSize);
  checker.Require(hidden >= 1 && hidden <= most, field,
                  "makes {} hidden channels; they must be 1 to {}", hidden,
                  most);
}

void CheckAttention(const VitConfig& c, const FieldChecker& checker) {
  checker.Require(c.embed_dim % c.num_heads == 0, "num_heads",
                  "is {}, which does not divide embed_dim {}", c.num_heads,
                  c.embed_dim);
  checker.Require(c.rope == Rope::kNone || c.HeadDim() % 4 == 0, "num_heads",
                  "makes heads of {} channels; rotary positions of rows and "
                  "columns need a multiple of 4",
                  c.HeadDim());
  checker.Require(c.rope != Rope::kMixed || !c.rope_rotate_half,
                  "rope_rotate_half", "is not possible with rope 'mixed'");
  checker.Require(!c.diff_attn || c.HeadDim() % 2 == 0, "num_heads",
                  "makes heads of {} channels; differential attention needs "
                  "an even number",
                  c.HeadDim());
  checker.Require(c.qkv != Qkv::kQvBias || c.qkv_bias, "qkv",
                  "is 'qv-bias', but qkv_bias is false");
}

// CheckAttention and CheckPooling of other sizes.
bool VitCanHaveHeads(const VitConfig& c, int64_t width, int64_t heads) {
  const int64_t channels = width / heads;
  if (c.rope != Rope::kNone && channels % 4 != 0) return false;
  if (c.diff_attn && channels % 2 != 0) return false;
  return c.pooling != Pooling::kAttention || c.attn_pool_heads == 0 ||
         width % c.attn_pool_heads == 0;
}

void CheckPooling(const VitConfig& c, const FieldChecker& checker) {
  checker.Require(!c.pool_include_prefix || c.pooling != Pooling::kToken,
                  "pool_include_prefix",
                  "is not possible with pooling 'token'");
  if (c.pooling != Pooling::kAttention) return;
  checker.Require(c.embed_dim % c.AttnPoolHeads() == 0, "attn_pool_heads",
                  "is {}, which does not divide embed_dim {}",
                  c.AttnPoolHeads(), c.embed_dim);
  CheckMlp(c, c.attn_pool_mlp_ratio > 0 ? c.attn_pool_mlp_ratio : c.mlp_ratio,
           "attn_pool_mlp_ratio", checker);
  if (c.IsEva()) {
    checker.Require(c.pool_include_prefix, "pool_include_prefix",
                    "must be true with rotary positions or q and v biases of "
                    "their own, as in timm");
    return;
  }
  checker.Require(c.attn_pool_heads == 0, "attn_pool_heads",
                  "is only possible with rotary positions, as in timm");
  checker.Require(c.attn_pool_mlp_ratio == 0, "attn_pool_mlp_ratio",
                  "is only possible with rotary positions, as in timm");
}

// What timm's parallel blocks do not have.
void CheckParallel(const VitConfig& c, const FieldChecker& checker) {
  if (c.block != BlockForm::kParallel) return;
  checker.Require(!c.IsEva(), "block",
                  "is 'parallel', which has neither rotary positions nor "
                  "separate q and v biases");
  checker.Require(!c.scale_attn_norm && !c.scale_mlp_norm, "block",
                  "is 'parallel', which has no norms within its branches");
  checker.Require(c.mlp == MlpForm::kMlp, "mlp",
                  "must be 'mlp' in parallel "
                  "blocks");
}

// What timm's Eva does not have.
void CheckEva(const VitConfig& c, const FieldChecker& checker) {
  if (!c.IsEva()) return;
  const auto require = [&](bool valid, std::string_view field) {
    checker.Require(valid, field,
                    "is not possible with rotary positions or q and v biases "
                    "of their own");
  };
  require(!c.diff_attn, "diff_attn");
  require(!c.dist_token, "dist_token");
  require(!c.embed_norm, "embed_norm");
  require(c.proj_bias, "proj_bias");
  require(c.activation == Activation::kGelu, "activation");
  require(!IsPostNorm(c) || !c.qk_norm, "qk_norm");
  require(c.pooling == Pooling::kAttention || !c.pool_include_prefix,
          "pool_include_prefix");
}

void Check(const VitConfig& c, const FieldChecker& checker) {
  CheckMlp(c, c.mlp_ratio, "mlp_ratio", checker);
  CheckImageSize(c, checker);
  CheckAttention(c, checker);
  CheckTokens(c, checker);
  CheckPooling(c, checker);
  CheckParallel(c, checker);
  CheckEva(c, checker);
}

Tokens TokensIn(const VitConfig& c) {
  Tokens tokens = {c.PrefixTokens(), {}, c.GridSize()};
  if (c.no_embed_class || !c.pos_embed) return tokens;
  if (c.class_token) tokens.positioned_prefix.emplace_back("cls_token");
  if (c.dist_token) tokens.positioned_prefix.emplace_back("dist_token");
  for (int64_t i = 0; i < c.reg_tokens; ++i) {
    tokens.positioned_prefix.push_back(fmt::format("reg_token {}", i));
  }
  return tokens;
}

constexpr UnsupportedPart kUnsupported[] = {
    {"head.pre_logits.fc.", "a hidden layer in the head"},
};

}  // namespace

VitConfig WithHiddenForRatios(VitConfig c) {
  c.attn_pool_mlp_ratio = static_cast<double>(c.AttnPoolHidden());
  c.mlp_ratio = static_cast<double>(c.MlpHidden());
  return c;
}

constinit const Architecture<VitConfig> kVit = {
    .key = "vit",
    .name = "ViT",
    .fields = kFields,
    .check = Check,
    .depths = [](VitConfig& c) { return std::span(&c.depth, 1); },
    .widths = [](VitConfig& c) { return std::span(&c.embed_dim, 1); },
    .num_heads = &VitConfig::num_heads,
    .activation = &VitConfig::activation,
    .mlp = &VitConfig::mlp,
    .pos_embed = &VitConfig::pos_embed,
    .pooling = &VitConfig::pooling,
    .needs_heads = [](const VitConfig& c) { return c.NeedsHeads(); },
    .can_have_heads = VitCanHaveHeads,
    .layer_scale = &VitConfig::layer_scale,
    .tokens = TokensIn,
    .forward_extras = VitForwardExtras,
    .add_variants = AddVitVariants,
    .name_by_sizes = VitNameBySizes,
    .describe = DescribeVit,
    .parameter_specs = VitParameterSpecs,
    .block_name = "blocks.{1}",
    // attention, MLP; or both at once
    .branches_per_block = [](const VitConfig& c) -> int64_t {
      return c.block == BlockForm::kParallel ? 1 : 2;
    },
    .flops = VitFlops,
    .saved_values = VitSavedValues,
    .timm_init = VitTimmInit,
    .norm_weight = VitNormWeight,
    .mimetic_init = VitMimeticInit,
    .recognises = LooksLikeVit,
    .unsupported = kUnsupported,
    .detect = DetectVit,
};

}  // namespace wsel::model
