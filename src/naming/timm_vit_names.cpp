// timm's ViTs, and those of projects with models based on timm's:
// DeiT, DINO, DINOv2, TIPSv2, MAE, the official weight selection.
#include <fmt/format.h>

#include "source_table.h"

namespace wsel::naming {
namespace {

// DINOv2's names of blocks in chunks, as in its training checkpoints.
std::vector<Row> Chunked(std::vector<Row> rows) {
  constexpr std::string_view kBlocks = "blocks.#.";
  std::vector<Row> chunked;
  for (Row row : rows) {
    const size_t at = row.source.find(kBlocks);
    if (at == std::string::npos) continue;
    row.source.insert(at + kBlocks.size() - 2, "%.");
    chunked.push_back(row);
  }
  return With(std::move(rows), chunked);
}

std::vector<Row> RegisterRows() {
  std::vector<Row> rows = TimmVitRows();
  rows.push_back({"register_tokens", "reg_token"});
  AddClassPosition(rows);
  return rows;
}

// TIPSv2 has DINOv2's names, but those of the MLP.
std::vector<Row> TipsRows() {
  return With(RegisterRows(),
              Rows()
                  .Layer("blocks.#.mlp.c_fc", "blocks.#.mlp.fc1")
                  .Layer("blocks.#.mlp.c_proj", "blocks.#.mlp.fc2")
                  .Take());
}

// Its giant has DINOv2's names of a SwiGLU too: DINOv2's models have four
// register tokens, and TIPSv2's one.
bool HasOneRegister(const TensorSource& file, const std::string& prefix) {
  const TensorSpec* registers = file.Find(prefix + "register_tokens");
  return registers != nullptr && registers->shape.size() == 3 &&
         registers->shape[1] == 1;
}

// Of the forms that a block, its attention and its MLP may have, and of
// attention pooling.
void AddBlockForms(Rows& rows) {
  for (const char* layer :
       {"patch_embed.norm", "attn_pool.q", "attn_pool.kv", "attn_pool.proj",
        "attn_pool.norm", "attn_pool.mlp.fc1", "attn_pool.mlp.fc2"}) {
    rows.Layer(layer, layer);
  }
  for (const char* layer :
       {"attn.q_norm", "attn.k_norm", "attn.norm", "attn.sub_norm", "mlp.fc1_g",
        "mlp.fc1_x", "mlp.norm", "in_norm", "in_proj", "q_norm", "k_norm",
        "sub_norm", "attn_out_proj", "mlp_out_proj", "out_proj"}) {
    const std::string in_block = fmt::format("blocks.#.{}", layer);
    rows.Layer(in_block, in_block);
  }
  for (const char* lambda :
       {"lambda_q1", "lambda_k1", "lambda_q2", "lambda_k2"}) {
    for (const char* owner : {"", "attn."}) {
      const std::string in_block = fmt::format("blocks.#.{}{}", owner, lambda);
      rows.Add(in_block, in_block);
    }
  }
  rows.Add("blocks.#.ls.gamma", "blocks.#.ls.gamma")
      .Add("blocks.#.mlp_bias", "blocks.#.mlp_bias");
  // SwiGLU as DINOv2, EVA-02 and DINOv3 publish it.
  rows.Layer("blocks.#.mlp.w12", "blocks.#.mlp.fc1")
      .Layer("blocks.#.mlp.w1", "blocks.#.mlp.fc1_g")
      .Layer("blocks.#.mlp.w2", "blocks.#.mlp.fc1_x")
      .Layer("blocks.#.mlp.w3", "blocks.#.mlp.fc2");
}

// timm reads Meta's DINOv3 so: the keys' biases are zeros, and layer scales are
// an Eva's.
std::vector<Row> MetaDinov3Rows() {
  std::vector<Row> rows = TimmVitRows();
  std::erase_if(rows, [](const Row& row) {
    return row.timm.find(".ls") != std::string::npos ||
           row.timm.ends_with("attn.qkv.bias");
  });
  constexpr auto kFirst = TensorLayout::kFirstThird;
  return With(std::move(rows),
              {{"storage_tokens", "reg_token"},
               {"blocks.#.ls1.gamma", "blocks.#.gamma_1"},
               {"blocks.#.ls2.gamma", "blocks.#.gamma_2"},
               {"blocks.#.attn.qkv.bias", "blocks.#.attn.q_bias", kFirst},
               {"blocks.#.attn.qkv.bias", "blocks.#.attn.v_bias",
                TensorLayout::kLastThird}});
}

// EVA-02 as published: biases beside projections that are apart.
std::vector<Row> Eva02Rows() {
  std::vector<Row> rows = TimmEvaRows();
  for (Row& row : rows) {
    if (row.source == "blocks.#.attn.q_bias") {
      row.timm = "blocks.#.attn.q_proj.bias";
    }
    if (row.source == "blocks.#.attn.v_bias") {
      row.timm = "blocks.#.attn.v_proj.bias";
    }
  }
  return rows;
}

void AddTimmEva(std::vector<Source>& out) {
  const std::string patches = "patch_embed.proj.weight";
  PretrainedCfg dinov3 = kImageNet;
  dinov3.norm_eps = 1e-5;
  out.push_back({.name = "DINOv3",
                 .markers = {patches, "storage_tokens"},
                 .rows = MetaDinov3Rows(),
                 .ignored = {{"mask_token", kMasks},
                             {"rope_embed.periods", kFixedPositions},
                             {"blocks.#.attn.qkv.bias_mask",
                              "which biases are zeros, not weights"},
                             {"local_cls_norm.*",
                              "a norm of local crops, used only in "
                              "pre-training"}},
                 .pretrained_cfg = dinov3});
  const std::vector<IgnoredPattern> ignored = {
      {"mask_token", kMasks},
      {"lm_head.*", kDecoder},
      {"rope.freqs_*", kFixedPositions},
      {"blocks.#.attn.rope.*", kFixedPositions}};
  out.push_back({.name = "EVA-02",
                 .markers = {patches, "blocks.0.attn.q_bias",
                             "blocks.0.attn.q_proj.weight"},
                 .rows = Eva02Rows(),
                 .ignored = ignored});
  // What shows an Eva: biases, projections, or layer scales without learnt
  // positions, as which DeiT III's have these names. The patch embedding comes
  // first, so that a copy that shows several counts once.
  const std::vector<std::string> shown[] = {
      {"blocks.0.attn.q_bias"},
      {"blocks.0.attn.q_proj.weight"},
      {"rope.freqs"},
      {"blocks.0.gamma_1", "!pos_embed"},
      {"blocks.0.gamma_1", "norm_pre.weight"}};
  for (std::vector<std::string> markers : shown) {
    markers.insert(markers.begin(), patches);
    out.push_back({.name = "timm's EVA",
                   .markers = std::move(markers),
                   .rows = TimmEvaRows(),
                   .ignored = ignored});
  }
}

}  // namespace

std::vector<Row> TimmVitRows(std::string_view prefix) {
  Rows rows{std::string(prefix)};
  for (const char* name :
       {"cls_token", "dist_token", "reg_token", "pos_embed",
        "blocks.#.ls1.gamma", "blocks.#.ls2.gamma", "attn_pool.latent"}) {
    rows.Add(name, name);
  }
  for (const char* layer :
       {"patch_embed.proj", "norm_pre", "blocks.#.norm1", "blocks.#.attn.qkv",
        "blocks.#.attn.proj", "blocks.#.norm2", "blocks.#.mlp.fc1",
        "blocks.#.mlp.fc2", "norm", "fc_norm", "head", "head_dist"}) {
    rows.Layer(layer, layer);
  }
  AddBlockForms(rows);
  return Chunked(rows.Take());
}

std::vector<Row> TimmEvaRows(std::string_view prefix) {
  Rows rows{std::string(prefix)};
  rows.Add("rope.freqs", "rope.freqs");
  for (const char* name :
       {"gamma_1", "gamma_2", "attn.q_bias", "attn.v_bias"}) {
    const std::string in_block = fmt::format("blocks.#.{}", name);
    rows.Add(in_block, in_block);
  }
  for (const char* name : {"q_proj", "k_proj", "v_proj"}) {
    const std::string in_block = fmt::format("blocks.#.attn.{}", name);
    rows.Layer(in_block, in_block);
  }
  // As published for EVA-02 and EVA-CLIP.
  rows.Layer("blocks.#.attn.inner_attn_ln", "blocks.#.attn.norm")
      .Layer("blocks.#.mlp.ffn_ln", "blocks.#.mlp.norm");
  return With(TimmVitRows(prefix), rows.Take());
}

void AddTimmVit(std::vector<Source>& out) {
  AddTimmEva(out);
  const std::string patches = "patch_embed.proj.weight";
  const std::vector<IgnoredPattern> pre_logits = {{"pre_logits.*", kPreLogits}};
  out.push_back({.name = "TIPSv2",
                 .markers = {patches, "register_tokens", "mask_token"},
                 .rows = TipsRows(),
                 .ignored = {{"mask_token", kMasks}},
                 .pretrained_cfg = kUnit,
                 .warnings = {"TIPSv2, as there is one register token; "
                              "DINOv2 has four, and other images"},
                 .accepts = HasOneRegister});
  out.push_back({.name = "DINOv2 with registers",
                 .markers = {patches, "register_tokens"},
                 .rows = RegisterRows(),
                 .ignored = {{"mask_token", kMasks}},
                 .pretrained_cfg = kImageNet});
  out.push_back({.name = "DINOv2",
                 .markers = {patches, "mask_token", "!decoder_embed.weight"},
                 .rows = TimmVitRows(),
                 .ignored = {{"mask_token", kMasks}},
                 .pretrained_cfg = kImageNet});
  out.push_back({.name = "DeiT III",
                 .markers = {patches, "blocks.0.gamma_1"},
                 .rows = With(TimmVitRows(),
                              {{"blocks.#.gamma_1", "blocks.#.ls1.gamma"},
                               {"blocks.#.gamma_2", "blocks.#.ls2.gamma"}}),
                 .pretrained_cfg = kImageNet});
  out.push_back({.name = "timm, or DeiT distilled",
                 .markers = {patches, "dist_token"},
                 .rows = TimmVitRows(),
                 .pretrained_cfg = kImageNet});
  out.push_back({.name = "MAE, pre-training",
                 .markers = {patches, "decoder_embed.weight"},
                 .rows = TimmVitRows(),
                 .ignored = {{"mask_token", kMasks}, {"decoder_*", kDecoder}},
                 .pretrained_cfg = kImageNet});
  out.push_back(
      {.name = "timm, or MAE fine-tuned",
       .markers = {patches, "fc_norm.weight", "cls_token", "!norm.weight"},
       .rows = TimmVitRows()});
  out.push_back(
      {.name = "timm, DINO, MAE's encoder or official weight selection",
       .markers = {patches, "!head.weight"},
       .rows = TimmVitRows(),
       .ignored = pre_logits});
  out.push_back({.name = "timm",
                 .markers = {patches},
                 .rows = TimmVitRows(),
                 .ignored = pre_logits});
}

}  // namespace wsel::naming
