// OpenAI's CLIP and open_clip. Their image tower is a ViT with a norm before
// its blocks and a projection without bias in place of a head.
#include "source_table.h"

namespace wsel::naming {
namespace {

constexpr std::string_view kText =
    "belongs to the text tower or ties the two towers; the image tower is the "
    "model";

std::vector<Without> TextTower() {
  std::vector<Without> out;
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
      .Add("class_embedding", "cls_token", Layout::kVector)
      .Add("positional_embedding", "pos_embed", Layout::kTable)
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
      .Add("proj", "head.weight", Layout::kTransposed)
      .Add("proj", "head.bias", Layout::kZeros)
      .Take();
}

Facts ClipFacts(bool quick_gelu) {
  Facts facts = ClipPictures();
  facts.norm_eps = 1e-5;
  facts.quick_gelu = quick_gelu;
  return facts;
}

// OpenAI's code halves the weights of matrices and leaves norms alone.
bool IsPartlyHalved(const TensorSource& file, const std::string& prefix) {
  const TensorSpec* conv = file.Find(prefix + "visual.conv1.weight");
  const TensorSpec* norm = file.Find(prefix + "visual.ln_pre.weight");
  return conv != nullptr && norm != nullptr && conv->dtype == DType::kF16 &&
         norm->dtype == DType::kF32;
}

// A tower that is a model of timm's, with a projection outside of it.
std::vector<Row> TowerRows(std::vector<Row> rows, const std::string& head) {
  rows.push_back({"visual.head.proj.weight", head + ".weight", Layout::kSame});
  rows.push_back(
      {"visual.head.proj.weight", head + ".bias", Layout::kZerosOfRows});
  return rows;
}

void AddTowers(std::vector<Source>& out) {
  std::vector<Without> without = TextTower();
  without.push_back({"visual.head.mlp.*",
                     "a projection with a hidden layer, which no model here "
                     "has; the tower is taken without a head"});
  out.push_back({.name = "open_clip, timm's ViT",
                 .markers = {"visual.trunk.patch_embed.proj.weight"},
                 .rows = TowerRows(TimmVitRows("visual.trunk."), "head"),
                 .without = without});
  out.push_back(
      {.name = "open_clip, timm's ConvNeXt",
       .markers = {"visual.trunk.stem.0.weight"},
       .rows = TowerRows(TimmConvNextRows("visual.trunk."), "head.fc"),
       .without = without,
       .facts = ClipPictures()});
}

}  // namespace

void AddClip(std::vector<Source>& out) {
  Source openai = {.name = "OpenAI CLIP",
                   .markers = {"visual.conv1.weight", "visual.class_embedding",
                               "input_resolution"},
                   .rows = ClipRows("visual."),
                   .without = TextTower(),
                   .facts = ClipFacts(true)};
  out.push_back(openai);
  openai.markers.pop_back();
  openai.accepts = IsPartlyHalved;
  openai.doubts = {
      "QuickGELU, because matrices are float16 and norms float32, as OpenAI's "
      "code leaves them"};
  out.push_back(openai);
  const std::vector<std::string> doubts = {
      "exact GELU, as open_clip's own models have; OpenAI's weights under "
      "these names want QuickGELU (--teacher-model or --model says it)"};
  for (const char* tower : {"visual.", ""}) {
    const std::string prefix = tower;
    out.push_back(
        {.name = "open_clip",
         .markers = {prefix + "conv1.weight", prefix + "class_embedding"},
         .rows = ClipRows(prefix),
         .without = prefix.empty() ? std::vector<Without>() : TextTower(),
         .facts = ClipFacts(false),
         .doubts = doubts});
  }
  AddTowers(out);
}

}  // namespace wsel::naming
