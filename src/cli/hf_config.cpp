#include "hf_config.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "wsel/core/error.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;

// DINOv2's config.json holds the MLP ratio, as an integer.
int64_t WholeRatio(const model::VitConfig& c) {
  if (c.MlpHidden() % c.embed_dim == 0) return c.MlpHidden() / c.embed_dim;
  throw Error(ErrorKind::kMismatch, c.name,
              fmt::format("has {} MLP channels and embed_dim {}; Hugging "
                          "Face's DINOv2 needs a multiple of embed_dim",
                          c.MlpHidden(), c.embed_dim));
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

Json Typed(const std::string& type, const std::string& architecture,
           const Json& sizes) {
  Json json = {{"model_type", type}, {"architectures", {architecture}}};
  json.update(sizes);
  return json;
}

Json Clip(const model::VitConfig& c) {
  const bool head = c.num_classes > 0;
  Json json = Typed("clip_vision_model",
                    head ? "CLIPVisionModelWithProjection" : "CLIPVisionModel",
                    VitSizes(c));
  json["intermediate_size"] = c.MlpHidden();
  if (head) json["projection_dim"] = c.num_classes;
  return json;
}

Json Dinov2(const model::VitConfig& c) {
  Json json = Typed("dinov2", "Dinov2Model", VitSizes(c));
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
  Json json = Typed(c.dist_token ? "deit" : "vit",
                    name + (head ? task : "Model"), VitSizes(c));
  json["intermediate_size"] = c.MlpHidden();
  json["qkv_bias"] = c.qkv_bias;
  if (head) json["num_labels"] = c.num_classes;
  return json;
}

Json Describe(const model::VitConfig& c) {
  if (c.pre_norm) return Clip(c);
  return c.layer_scale > 0 ? Dinov2(c) : Plain(c);
}

Json Describe(const model::ConvNextConfig& c) {
  const bool head = c.num_classes > 0;
  Json json = Typed("convnext",
                    head ? "ConvNextForImageClassification" : "ConvNextModel",
                    {{"num_channels", 3},
                     {"image_size", c.img_size},
                     {"patch_size", c.patch_size},
                     {"num_stages", c.dims.size()},
                     {"hidden_sizes", c.dims},
                     {"depths", c.depths},
                     {"hidden_act", "gelu"},
                     // of the last norm; fixed in the others
                     {"layer_norm_eps", c.norm_eps},
                     {"layer_scale_init_value", c.layer_scale}});
  if (head) json["num_labels"] = c.num_classes;
  return json;
}

}  // namespace

std::string HfConfig(const model::Config& config) {
  return std::visit([](const auto& c) { return Describe(c); }, config).dump(2) +
         "\n";
}

}  // namespace wsel::cli
