// timm's ViTs, and those of projects whose models are based on timm's:
// DeiT, DINO, DINOv2, MAE, the official weight selection.
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

}  // namespace

std::vector<Row> TimmVitRows(std::string_view prefix) {
  Rows rows{std::string(prefix)};
  for (const char* name : {"cls_token", "dist_token", "reg_token", "pos_embed",
                           "blocks.#.ls1.gamma", "blocks.#.ls2.gamma"}) {
    rows.Add(name, name);
  }
  for (const char* layer :
       {"patch_embed.proj", "norm_pre", "blocks.#.norm1", "blocks.#.attn.qkv",
        "blocks.#.attn.proj", "blocks.#.norm2", "blocks.#.mlp.fc1",
        "blocks.#.mlp.fc2", "norm", "fc_norm", "head", "head_dist"}) {
    rows.Layer(layer, layer);
  }
  return Chunked(rows.Take());
}

void AddTimmVit(std::vector<Source>& out) {
  const std::string patches = "patch_embed.proj.weight";
  const std::vector<IgnoredPattern> pre_logits = {{"pre_logits.*", kPreLogits}};
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
