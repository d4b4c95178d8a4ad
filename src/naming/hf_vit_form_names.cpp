// ViTs of Hugging Face's transformers of other forms: SigLIP and SigLIP 2, also
// as towers of vision-language models, DINOv3 and AIMv2.
#include <string>

#include "source_table.h"

namespace wsel::naming {
namespace {

// q_proj, k_proj and v_proj as parts of a fused qkv.
void AddQkv(Rows& rows, const std::string& attention, bool biases) {
  const std::pair<const char*, Part> parts[] = {{"q_proj", Part::kQuery},
                                                {"k_proj", Part::kKey},
                                                {"v_proj", Part::kValue}};
  for (const auto& [name, part] : parts) {
    const std::string source = attention + name;
    if (biases) {
      rows.Layer(source, "blocks.#.attn.qkv", TensorLayout::kSame, part);
    } else {
      rows.Add(source + ".weight", "blocks.#.attn.qkv.weight",
               TensorLayout::kSame, part);
    }
  }
}

std::vector<Row> SiglipRows(const std::string& prefix) {
  constexpr auto kFirst = TensorLayout::kFirstThird;
  constexpr auto kLater = TensorLayout::kLaterThirds;
  Rows rows(prefix);
  rows.Layer("embeddings.patch_embedding", "patch_embed.proj")
      .Add("embeddings.position_embedding.weight", "pos_embed",
           TensorLayout::kTable);
  const std::string block = "encoder.layers.#.";
  AddQkv(rows, block + "self_attn.", true);
  rows.Layer(block + "self_attn.out_proj", "blocks.#.attn.proj")
      .Layer(block + "layer_norm1", "blocks.#.norm1")
      .Layer(block + "layer_norm2", "blocks.#.norm2")
      .Layer(block + "mlp.fc1", "blocks.#.mlp.fc1")
      .Layer(block + "mlp.fc2", "blocks.#.mlp.fc2")
      .Layer("post_layernorm", "norm")
      .Add("head.probe", "attn_pool.latent")
      .Add("head.attention.in_proj_weight", "attn_pool.q.weight", kFirst)
      .Add("head.attention.in_proj_weight", "attn_pool.kv.weight", kLater)
      .Add("head.attention.in_proj_bias", "attn_pool.q.bias", kFirst)
      .Add("head.attention.in_proj_bias", "attn_pool.kv.bias", kLater)
      .Layer("head.attention.out_proj", "attn_pool.proj")
      .Layer("head.layernorm", "attn_pool.norm")
      .Layer("head.mlp.fc1", "attn_pool.mlp.fc1")
      .Layer("head.mlp.fc2", "attn_pool.mlp.fc2");
  return rows.Take();
}

void AddSiglip(std::vector<Source>& out, const std::string& prefix) {
  PretrainedCfg cfg = kInception;
  cfg.norm_eps = 1e-6;
  cfg.activation = model::Activation::kGeluTanh;
  out.push_back(
      {.name = "Hugging Face SigLIP",
       .markers = {prefix + "embeddings.patch_embedding.bias",
                   prefix + "embeddings.position_embedding.weight",
                   "!" + prefix + "embeddings.class_embedding"},
       .rows = SiglipRows(prefix),
       .ignored = {{"text_model.*", kText},
                   {"logit_scale", kText},
                   {"logit_bias", kText},
                   {prefix + "embeddings.position_ids",
                    "position indices, not weights"},
                   {"classifier.*",
                    "a head on the mean of the patches without attention "
                    "pooling, which is not supported"}},
       .pretrained_cfg = cfg,
       .warnings = {"GELU approximated by tanh, the default, which config.json "
                    "may override (hidden_act)"}});
}

// `gated`: SwiGLU. `block`: of a file or of a state_dict().
void AddDinov3Block(Rows& rows, const std::string& block, bool gated) {
  AddQkv(rows, block + "attention.", false);
  rows.Add(block + "attention.q_proj.bias", "blocks.#.attn.q_bias")
      .Add(block + "attention.v_proj.bias", "blocks.#.attn.v_bias")
      .Layer(block + "attention.o_proj", "blocks.#.attn.proj")
      .Layer(block + "norm1", "blocks.#.norm1")
      .Layer(block + "norm2", "blocks.#.norm2")
      .Add(block + "layer_scale1.lambda1", "blocks.#.gamma_1")
      .Add(block + "layer_scale2.lambda1", "blocks.#.gamma_2")
      .Layer(block + "mlp.gate_proj", "blocks.#.mlp.fc1_g")
      .Layer(block + "mlp.up_proj",
             gated ? "blocks.#.mlp.fc1_x" : "blocks.#.mlp.fc1")
      .Layer(block + "mlp.down_proj", "blocks.#.mlp.fc2");
}

void AddDinov3(std::vector<Source>& out, const std::string& prefix,
               const std::string& block, bool gated) {
  Rows rows(prefix);
  rows.Layer("embeddings.patch_embeddings", "patch_embed.proj")
      .Add("embeddings.cls_token", "cls_token")
      .Add("embeddings.register_tokens", "reg_token")
      .Layer("norm", "norm");
  AddDinov3Block(rows, block + "layer.#.", gated);
  PretrainedCfg cfg = kImageNet;
  cfg.norm_eps = 1e-5;
  const std::string gate = prefix + block + "layer.0.mlp.gate_proj.weight";
  out.push_back({.name = "Hugging Face DINOv3",
                 .markers = {prefix + "embeddings.patch_embeddings.weight",
                             prefix + block + "layer.0.layer_scale1.lambda1",
                             gated ? gate : "!" + gate},
                 .rows = rows.Take(),
                 .ignored = {{prefix + "embeddings.mask_token", kMasks},
                             {prefix + "rope_embeddings.*", kFixedPositions}},
                 .pretrained_cfg = cfg});
}

void AddAimv2(std::vector<Source>& out, const std::string& prefix) {
  Rows rows(prefix);
  rows.Layer("embeddings.patch_embed", "patch_embed.proj")
      .Layer("embeddings.rms_norm", "patch_embed.norm")
      .Add("embeddings.position_embedding.weight", "pos_embed",
           TensorLayout::kTable);
  const std::string block = "encoder.layers.#.";
  AddQkv(rows, block + "attention.", true);
  rows.Layer(block + "attention.out_proj", "blocks.#.attn.proj")
      .Layer(block + "rms_norm1", "blocks.#.norm1")
      .Layer(block + "rms_norm2", "blocks.#.norm2")
      .Layer(block + "ffn.gate_proj", "blocks.#.mlp.fc1_g")
      .Layer(block + "ffn.up_proj", "blocks.#.mlp.fc1_x")
      .Layer(block + "ffn.down_proj", "blocks.#.mlp.fc2")
      .Layer("rms_norm", "norm");
  PretrainedCfg cfg = kClip;
  cfg.norm_eps = 1e-5;
  out.push_back({.name = "Hugging Face AIMv2",
                 .markers = {prefix + "embeddings.patch_embed.weight",
                             prefix + "embeddings.rms_norm.weight"},
                 .rows = rows.Take(),
                 .ignored = {{"text_model.*", kText},
                             {"text_projection.*", kText},
                             {"visual_projection.*",
                              "a projection of AIMv2's own pooling, which is "
                              "not supported"},
                             {"logit_scale", kText},
                             {prefix + "embeddings.position_ids",
                              "position indices, not weights"},
                             {prefix + "head.*",
                              "AIMv2's own attention pooling, which is not "
                              "supported"}},
                 .pretrained_cfg = cfg});
}

}  // namespace

void AddHuggingFaceVitForms(std::vector<Source>& out) {
  for (const char* prefix : {"vision_model.", ""}) AddSiglip(out, prefix);
  for (const char* prefix : {"dinov3_vit.", ""}) {
    for (const char* block : {"", "model."}) {
      AddDinov3(out, prefix, block, true);
      AddDinov3(out, prefix, block, false);
    }
  }
  for (const char* prefix : {"vision_model.", ""}) AddAimv2(out, prefix);
}

}  // namespace wsel::naming
