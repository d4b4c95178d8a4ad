// What timm's config.json says of a ViT.
#include "library_names.h"
#include "wsel/core/error.h"
#include "wsel/model/variants.h"

namespace wsel::naming {
namespace {

using Json = nlohmann::ordered_json;

std::string_view PoolOf(const model::VitConfig& c) {
  if (c.pooling == model::Pooling::kAttention) return "map";
  return c.pooling == model::Pooling::kToken ? "token" : "avg";
}

std::string_view ActLayerOf(const model::VitConfig& c) {
  switch (c.activation) {
    case model::Activation::kQuickGelu:
      return "quick_gelu";
    case model::Activation::kGeluTanh:
      return "gelu_tanh";
    case model::Activation::kRelu:
      return "relu";
    case model::Activation::kSilu:
      return "silu";
    case model::Activation::kGelu:
      break;
  }
  return "gelu";
}

// LayerNorm's eps is not an argument in JSON: it is the architecture's.
std::string TimmArchitecture(const model::VitConfig& c) {
  if (c.norm_eps == 1e-5 && !c.dist_token) return "vit_base_patch16_clip_224";
  if (c.norm_eps == 1e-6) {
    return c.dist_token ? "deit_tiny_distilled_patch16_224"
                        : "vit_tiny_patch16_224";
  }
  throw Error(ErrorKind::kMismatch, c.name,
              "has LayerNorm eps {:g}, and timm's config.json can only say "
              "1e-06{}; to accept the difference, give a model with that "
              "norm_eps",
              c.norm_eps, c.dist_token ? "" : " or 1e-05");
}

void AddInChans(const model::VitConfig& c, Json& arguments) {
  if (c.in_chans != 3) arguments["in_chans"] = c.in_chans;
}

// create_model drops arguments that are null: those are timm's defaults.
TimmModel UsualVit(const model::VitConfig& c) {
  const std::string pool(PoolOf(c));
  Json arguments = {{"img_size", c.img_size},
                    {"patch_size", c.patch_size},
                    {"embed_dim", c.embed_dim},
                    {"depth", c.depth},
                    {"num_heads", c.num_heads},
                    {"mlp_ratio", c.mlp_ratio},
                    {"qkv_bias", c.qkv_bias},
                    {"class_token", c.class_token},
                    {"no_embed_class", c.no_embed_class},
                    {"reg_tokens", c.reg_tokens},
                    {"pre_norm", c.pre_norm},
                    {"act_layer", ActLayerOf(c)},
                    {"global_pool", pool}};
  if (c.layer_scale > 0) arguments["init_values"] = c.layer_scale;
  AddInChans(c, arguments);
  if (!c.final_norm) arguments["final_norm"] = false;
  if (!c.proj_bias) arguments["proj_bias"] = false;
  if (!c.pos_embed) arguments["pos_embed"] = "none";
  if (c.qk_norm) arguments["qk_norm"] = true;
  if (c.scale_attn_norm) arguments["scale_attn_norm"] = true;
  if (c.scale_mlp_norm) arguments["scale_mlp_norm"] = true;
  if (c.pool_include_prefix) arguments["pool_include_prefix"] = true;
  if (c.pooling == model::Pooling::kNormedAverage) arguments["fc_norm"] = false;
  return {
      .architecture = TimmArchitecture(c),
      .arguments = std::move(arguments),
      .global_pool = pool,
      .first_conv = "patch_embed.proj",
      .classifier = c.dist_token ? Json{"head", "head_dist"} : Json("head")};
}

// Without the sizes that timm takes as arguments in JSON.
model::VitConfig FormOf(model::VitConfig c) {
  const model::VitConfig usual;
  c.name.clear();
  c.img_size = usual.img_size;
  c.patch_size = usual.patch_size;
  c.embed_dim = usual.embed_dim;
  c.depth = usual.depth;
  c.num_heads = usual.num_heads;
  c.mlp_ratio = usual.mlp_ratio;
  c.num_classes = usual.num_classes;
  c.reg_tokens = usual.reg_tokens;
  c.in_chans = usual.in_chans;
  c.rope_ref_grid = usual.rope_ref_grid;
  return c;
}

// Forms with parts that are Python's, not JSON's, arguments: the architecture
// is a model of timm's with the same form, its sizes arguments. Errors:
// kMismatch if timm has none.
TimmModel OtherVit(const model::VitConfig& c) {
  const model::VitConfig* like = nullptr;
  for (const model::Variant& variant : model::Variants()) {
    const auto* vit = std::get_if<model::VitConfig>(&variant.config);
    if (like == nullptr && vit != nullptr && FormOf(*vit) == FormOf(c)) {
      like = vit;
    }
  }
  if (like == nullptr) {
    throw Error(ErrorKind::kMismatch, c.name,
                "has a combination of parts that no model of timm has, so "
                "timm's config.json cannot express it; write only the weights "
                "and build the model in Python");
  }
  const bool packed = !c.IsEva() && c.mlp == model::MlpForm::kSwiGluPacked;
  const std::string pool(PoolOf(c));
  Json arguments = {{"img_size", c.img_size},
                    {"patch_size", c.patch_size},
                    {"embed_dim", c.embed_dim},
                    {"depth", c.depth},
                    {"num_heads", c.num_heads},
                    {"mlp_ratio", packed ? 2 * c.mlp_ratio : c.mlp_ratio},
                    {c.IsEva() ? "num_reg_tokens" : "reg_tokens", c.reg_tokens},
                    {"global_pool", pool}};
  AddInChans(c, arguments);
  if (c.rope_ref_grid > 0) {
    arguments["ref_feat_shape"] = {c.rope_ref_grid, c.rope_ref_grid};
  }
  return {.architecture = like->name,
          .arguments = std::move(arguments),
          .global_pool = pool,
          .first_conv = "patch_embed.proj",
          .classifier = "head"};
}

bool IsUsual(const model::VitConfig& c) {
  return !c.IsEva() && c.block == model::BlockForm::kPreNorm &&
         c.norm == model::Norm::kLayerNorm && c.mlp == model::MlpForm::kMlp &&
         !c.embed_norm && !c.diff_attn;
}

}  // namespace

TimmModel TimmVitModel(const model::VitConfig& c) {
  return IsUsual(c) ? UsualVit(c) : OtherVit(c);
}

}  // namespace wsel::naming
