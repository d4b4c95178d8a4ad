// ViTs in each library: sources, torchvision's rows (vit_*), and what an
// exported model needs.
#include <fmt/format.h>

#include "library_names.h"
#include "wsel/core/error.h"

namespace wsel::naming {
namespace {

using Json = nlohmann::ordered_json;

std::vector<Row> TorchvisionRows() {
  const std::string block = "encoder.layers.encoder_layer_#.";
  return Rows()
      .Layer("conv_proj", "patch_embed.proj")
      .Add("class_token", "cls_token")
      .Add("encoder.pos_embedding", "pos_embed")
      .Layer(block + "ln_1", "blocks.#.norm1")
      .Add(block + "self_attention.in_proj_weight", "blocks.#.attn.qkv.weight")
      .Add(block + "self_attention.in_proj_bias", "blocks.#.attn.qkv.bias")
      .Layer(block + "self_attention.out_proj", "blocks.#.attn.proj")
      .Layer(block + "ln_2", "blocks.#.norm2")
      .Layer(block + "mlp.0", "blocks.#.mlp.fc1")
      .Layer(block + "mlp.3", "blocks.#.mlp.fc2")
      // before torchvision 0.13
      .Layer(block + "mlp.linear_1", "blocks.#.mlp.fc1")
      .Layer(block + "mlp.linear_2", "blocks.#.mlp.fc2")
      .Layer("encoder.ln", "norm")
      .Layer("heads.head", "head")
      .Take();
}

void AddSources(std::vector<Source>& out) {
  AddClipVit(out);
  AddHuggingFaceVit(out);
  out.push_back({.name = "torchvision ViT",
                 .markers = {"conv_proj.weight", "encoder.pos_embedding"},
                 .rows = TorchvisionRows(),
                 .pretrained_cfg = kImageNet,
                 .naming = Naming::kTorchvision,
                 .exportable = Exportable::kAll});
  AddFlaxVit(out);
  AddTimmVit(out);
}

std::string Inexpressible(const model::VitConfig& c, Naming naming) {
  if (!c.class_token) return "has no class token";
  if (c.pooling != model::Pooling::kToken) return "uses average pooling";
  if (c.no_embed_class) return "has no position embedding for its class token";
  const bool biased = naming == Naming::kTorchvision || c.pre_norm;
  return biased && !c.qkv_bias ? "has no qkv bias" : "";
}

void BuildAs(model::VitConfig& c, Naming naming) {
  // config.json has fields for both.
  if (naming == Naming::kHuggingFace) return;
  c.activation = model::Activation::kGelu;
  c.norm_eps = 1e-6;
}

// DINOv2's config.json holds the MLP ratio, as an integer.
int64_t WholeRatio(const model::VitConfig& c) {
  if (c.MlpHidden() % c.embed_dim == 0) return c.MlpHidden() / c.embed_dim;
  throw Error(ErrorKind::kMismatch, c.name,
              "has {} MLP channels and embed_dim {}; Hugging Face's DINOv2 "
              "needs a multiple of embed_dim",
              c.MlpHidden(), c.embed_dim);
}

// Fields that all of Hugging Face's ViTs share.
Json VitSizes(const model::VitConfig& c) {
  return {
      {"num_channels", 3},
      {"image_size", c.img_size},
      {"patch_size", c.patch_size},
      {"hidden_size", c.embed_dim},
      {"num_hidden_layers", c.depth},
      {"num_attention_heads", c.num_heads},
      {"hidden_act",
       c.activation == model::Activation::kQuickGelu ? "quick_gelu" : "gelu"},
      {"layer_norm_eps", c.norm_eps}};
}

Json Clip(const model::VitConfig& c) {
  const bool head = c.num_classes > 0;
  Json json = HfModel(
      "clip_vision_model",
      head ? "CLIPVisionModelWithProjection" : "CLIPVisionModel", VitSizes(c));
  json["intermediate_size"] = c.MlpHidden();
  if (head) json["projection_dim"] = c.num_classes;
  return json;
}

Json Dinov2(const model::VitConfig& c) {
  Json json = HfModel("dinov2", "Dinov2Model", VitSizes(c));
  json["mlp_ratio"] = WholeRatio(c);
  json["qkv_bias"] = c.qkv_bias;
  json["layerscale_value"] = c.layer_scale;
  json["use_mask_token"] = false;
  return json;
}

Json Plain(const model::VitConfig& c) {
  const bool head = c.num_classes > 0;
  const std::string name = c.dist_token ? "DeiT" : "ViT";
  const std::string task = c.dist_token ? "ForImageClassificationWithTeacher"
                                        : "ForImageClassification";
  Json json = HfModel(c.dist_token ? "deit" : "vit",
                      name + (head ? task : "Model"), VitSizes(c));
  json["intermediate_size"] = c.MlpHidden();
  json["qkv_bias"] = c.qkv_bias;
  if (head) json["num_labels"] = c.num_classes;
  return json;
}

Json HfVit(const model::VitConfig& c) {
  if (c.pre_norm) return Clip(c);
  return c.layer_scale > 0 ? Dinov2(c) : Plain(c);
}

// LayerNorm's eps is no argument in JSON: it is the architecture's.
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

// create_model drops arguments that are null: those are timm's defaults.
TimmModel TimmVit(const model::VitConfig& c) {
  const bool quick = c.activation == model::Activation::kQuickGelu;
  const std::string pool =
      c.pooling == model::Pooling::kToken ? "token" : "avg";
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
                    {"act_layer", quick ? "quick_gelu" : "gelu"},
                    {"global_pool", pool}};
  if (c.layer_scale > 0) arguments["init_values"] = c.layer_scale;
  if (c.pooling == model::Pooling::kNormedAverage) arguments["fc_norm"] = false;
  return {
      .architecture = TimmArchitecture(c),
      .arguments = std::move(arguments),
      .global_pool = pool,
      .first_conv = "patch_embed.proj",
      .classifier = c.dist_token ? Json{"head", "head_dist"} : Json("head")};
}

}  // namespace

const LibraryNames<model::VitConfig> kVitNames = {
    .add_sources = AddSources,
    .inexpressible = Inexpressible,
    .build_as = BuildAs,
    .hf_config = HfVit,
    .timm_model = TimmVit,
};

}  // namespace wsel::naming
