// OpenAI's CLIP and open_clip. Their image tower is a ViT with a norm before
// the blocks and a projection without bias instead of a head.
#include "source_table.h"

namespace wsel::naming {
namespace {

std::vector<IgnoredPattern> TextTower() {
  std::vector<IgnoredPattern> out;
  for (const char* name :
       {"transformer.*", "token_embedding.*", "positional_embedding",
        "ln_final.*", "text_projection*", "text.*", "logit_scale", "logit_bias",
        "attn_mask", "input_resolution", "context_length", "vocab_size"}) {
    out.push_back({name, kText});
  }
  return out;
}

std::vector<Row> ClipRows(const std::string& tower) {
  const std::string block = "transformer.resblocks.#.";
  return Rows(tower)
      .Layer("conv1", "patch_embed.proj")
      .Add("class_embedding", "cls_token", TensorLayout::kVector)
      .Add("positional_embedding", "pos_embed", TensorLayout::kTable)
      .Layer("ln_pre", "norm_pre")
      .Layer(block + "ln_1", "blocks.#.norm1")
      .Add(block + "attn.in_proj_weight", "blocks.#.attn.qkv.weight")
      .Add(block + "attn.in_proj_bias", "blocks.#.attn.qkv.bias")
      .Layer(block + "attn.out_proj", "blocks.#.attn.proj")
      .Add(block + "ls_1.gamma", "blocks.#.ls1.gamma")
      .Layer(block + "ln_2", "blocks.#.norm2")
      .Layer(block + "mlp.c_fc", "blocks.#.mlp.fc1")
      .Layer(block + "mlp.c_proj", "blocks.#.mlp.fc2")
      .Add(block + "ls_2.gamma", "blocks.#.ls2.gamma")
      .Layer("ln_post", "norm")
      .Add("proj", "head.weight", TensorLayout::kTransposed)
      .Add("proj", "head.bias", TensorLayout::kZeros)
      .Take();
}

PretrainedCfg ClipCfg(bool quick_gelu) {
  PretrainedCfg cfg = kClip;
  cfg.norm_eps = 1e-5;
  cfg.quick_gelu = quick_gelu;
  return cfg;
}

// OpenAI's code converts matrices to float16 and keeps norms in float32.
bool HasFloat16Matrices(const TensorSource& file, const std::string& prefix) {
  const TensorSpec* conv = file.Find(prefix + "visual.conv1.weight");
  const TensorSpec* norm = file.Find(prefix + "visual.ln_pre.weight");
  return conv != nullptr && norm != nullptr && conv->dtype == DType::kF16 &&
         norm->dtype == DType::kF32;
}

}  // namespace

Source TimmTower(const std::string& name, const std::string& marker,
                 std::vector<Row> rows, const std::string& head) {
  // The projection is outside of the timm model.
  rows.push_back({"visual.head.proj.weight", head + ".weight"});
  rows.push_back(
      {"visual.head.proj.weight", head + ".bias", TensorLayout::kZerosOfRows});
  Source source = {.name = name,
                   .markers = {"visual.trunk." + marker},
                   .rows = std::move(rows),
                   .ignored = TextTower()};
  source.ignored.push_back({"visual.head.mlp.*",
                            "a projection with a hidden layer, which is not "
                            "supported; the tower is used without a head"});
  return source;
}

void AddClipVit(std::vector<Source>& out) {
  Source openai = {.name = "OpenAI CLIP",
                   .markers = {"visual.conv1.weight", "visual.class_embedding",
                               "input_resolution"},
                   .rows = ClipRows("visual."),
                   .ignored = TextTower(),
                   .pretrained_cfg = ClipCfg(true)};
  out.push_back(openai);
  openai.markers.pop_back();
  openai.accepts = HasFloat16Matrices;
  openai.warnings = {
      "QuickGELU, as matrices are float16 and norms float32 like in OpenAI's "
      "checkpoints"};
  out.push_back(openai);
  const std::vector<std::string> warnings = {
      "exact GELU, as in open_clip's own models; for OpenAI's weights under "
      "these names give a model with QuickGELU explicitly"};
  for (const char* tower : {"visual.", ""}) {
    const std::string prefix = tower;
    out.push_back(
        {.name = "open_clip",
         .markers = {prefix + "conv1.weight", prefix + "class_embedding"},
         .rows = ClipRows(prefix),
         .ignored =
             prefix.empty() ? std::vector<IgnoredPattern>() : TextTower(),
         .pretrained_cfg = ClipCfg(false),
         .warnings = warnings});
  }
  out.push_back(TimmTower("open_clip, timm's ViT", "patch_embed.proj.weight",
                          TimmVitRows("visual.trunk."), "head"));
}

}  // namespace wsel::naming
