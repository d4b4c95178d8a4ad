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

// What only timm has, in words.
std::string OnlyTimms(const model::VitConfig& c) {
  if (c.IsEva()) return "has rotary positions or q and v biases of their own";
  if (c.block != model::BlockForm::kPreNorm) return "has other blocks";
  if (c.norm != model::Norm::kLayerNorm) return "has RMSNorm";
  if (c.mlp != model::MlpForm::kMlp) return "has SwiGLU";
  if (!c.final_norm) return "has no final norm";
  if (!c.proj_bias) return "has no bias in its projections";
  const bool more = c.embed_norm || c.qk_norm || c.diff_attn ||
                    c.scale_attn_norm || c.scale_mlp_norm;
  return more ? "has norms within its blocks or another attention" : "";
}

std::string Inexpressible(const model::VitConfig& c, Naming naming) {
  if (std::string what = OnlyTimms(c); !what.empty()) return what;
  if (naming == Naming::kTorchvision && c.in_chans != 3) {
    return fmt::format("takes {}-channel images", c.in_chans);
  }
  // Of Hugging Face's only ViT and DeiT have a grid of rows and columns.
  const bool any_grid =
      naming == Naming::kHuggingFace && !c.pre_norm && c.layer_scale == 0;
  if (!c.img_size.IsSquare() && !any_grid) {
    return "takes images that are not square";
  }
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

std::string_view HfActivation(model::Activation activation) {
  switch (activation) {
    case model::Activation::kQuickGelu:
      return "quick_gelu";
    case model::Activation::kGeluTanh:
      return "gelu_pytorch_tanh";
    case model::Activation::kRelu:
      return "relu";
    case model::Activation::kSilu:
      return "silu";
    case model::Activation::kGelu:
      break;
  }
  return "gelu";
}

// Fields that all of Hugging Face's ViTs share.
Json VitSizes(const model::VitConfig& c) {
  return {{"num_channels", c.in_chans},
          {"image_size", c.img_size},
          {"patch_size", c.patch_size},
          {"hidden_size", c.embed_dim},
          {"num_hidden_layers", c.depth},
          {"num_attention_heads", c.num_heads},
          {"hidden_act", HfActivation(c.activation)},
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

}  // namespace

const LibraryNames<model::VitConfig> kVitNames = {
    .add_sources = AddSources,
    .inexpressible = Inexpressible,
    .build_as = BuildAs,
    .hf_config = HfVit,
    .timm_model = TimmVitModel,
};

}  // namespace wsel::naming
