// Image towers of vision-language models in Hugging Face's transformers, and
// RADIO, which such models use. Their files have them under prefixes of any
// kind, such as "vision_tower.".
#include <string>

#include "source_table.h"

namespace wsel::naming {
namespace {

PretrainedCfg WithoutFinalNorm(PretrainedCfg cfg) {
  cfg.no_final_norm = true;
  return cfg;
}

void AddBlip(std::vector<Source>& out) {
  Rows rows;
  rows.Layer("embeddings.patch_embedding", "patch_embed.proj")
      .Add("embeddings.class_embedding", "cls_token")
      .Add("embeddings.position_embedding", "pos_embed");
  const std::string block = "encoder.layers.#.";
  rows.Layer(block + "self_attn.qkv", "blocks.#.attn.qkv")
      .Layer(block + "self_attn.projection", "blocks.#.attn.proj")
      .Layer(block + "layer_norm1", "blocks.#.norm1")
      .Layer(block + "layer_norm2", "blocks.#.norm2")
      .Layer(block + "mlp.fc1", "blocks.#.mlp.fc1")
      .Layer(block + "mlp.fc2", "blocks.#.mlp.fc2")
      .Layer("post_layernorm", "norm");
  out.push_back(
      {.name = "Hugging Face BLIP",
       .markers = {"embeddings.patch_embedding.weight",
                   "embeddings.class_embedding",
                   "encoder.layers.0.self_attn.qkv.weight"},
       .rows = rows.Take(),
       .pretrained_cfg = WithEps(kClip, 1e-5),
       .warnings = {"LayerNorm eps 1e-05, BLIP's default, which config.json "
                    "may override: BLIP-2's is 1e-06"}});
}

// Without a last norm; with one if it pools its class token.
void AddInternVl(std::vector<Source>& out) {
  Rows rows;
  rows.Layer("embeddings.patch_embeddings.projection", "patch_embed.proj")
      .Add("embeddings.cls_token", "cls_token")
      .Add("embeddings.position_embeddings", "pos_embed");
  const std::string block = "encoder.layer.#.";
  AddSeparateQkv(rows, block + "attention.{}", {"q_proj", "k_proj", "v_proj"});
  rows.Layer(block + "attention.projection_layer", "blocks.#.attn.proj")
      .Layer(block + "layernorm_before", "blocks.#.norm1")
      .Layer(block + "layernorm_after", "blocks.#.norm2")
      .Add(block + "lambda_1", "blocks.#.ls1.gamma")
      .Add(block + "lambda_2", "blocks.#.ls2.gamma")
      .Layer(block + "mlp.fc1", "blocks.#.mlp.fc1")
      .Layer(block + "mlp.fc2", "blocks.#.mlp.fc2")
      .Layer("layernorm", "norm");
  out.push_back({.name = "Hugging Face InternVL",
                 .markers = {"embeddings.patch_embeddings.projection.weight",
                             "encoder.layer.0.lambda_1"},
                 .rows = rows.Take(),
                 .ignored = {{"embeddings.mask_token", kMasks}},
                 .pretrained_cfg = WithoutFinalNorm(WithEps(kImageNet, 1e-6))});
}

// timm reads it so: a class token for each teacher and registers, the first of
// which is the class token, and no last norm. Published files have no layer
// scales; transformers writes those of its class.
void AddRadio(std::vector<Source>& out) {
  const std::string patches = "patch_generator.embedder.weight";
  const std::string tokens = "patch_generator.cls_token.token";
  Rows rows;
  rows.Add(patches, "patch_embed.proj.weight", TensorLayout::kPatchMatrix)
      .Add(patches, "patch_embed.proj.bias", TensorLayout::kZerosOfRows)
      .Add(tokens, "cls_token", TensorLayout::kFirstRow)
      .Add(tokens, "reg_token", TensorLayout::kLaterRows)
      .Add("patch_generator.pos_embed", "pos_embed")
      .Add("blocks.#.layer_scale1.lambda1", "blocks.#.ls1.gamma")
      .Add("blocks.#.layer_scale2.lambda1", "blocks.#.ls2.gamma");
  out.push_back(
      {.name = "RADIO",
       .markers = {patches, tokens},
       .rows = With(rows.Take(), TimmVitRows()),
       .ignored = {{"patch_generator.video_embedder.*",
                    "the patches of videos, which are not supported"}},
       .pretrained_cfg = WithoutFinalNorm(WithEps(kClip, 1e-6)),
       .warnings = {"the image size of RADIO's positions, its largest; RADIO "
                    "interpolates them for smaller images, as init does for "
                    "the student's"}});
}

}  // namespace

void AddHuggingFaceTowers(std::vector<Source>& out) {
  AddBlip(out);
  AddInternVl(out);
  AddRadio(out);
}

}  // namespace wsel::naming
