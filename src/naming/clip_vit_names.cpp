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

constexpr const char* kClipaPooling =
    "the patches are averaged, then normalised, as in CLIPA; "
    "open_clip_config.json beside the file may say otherwise";

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

// CLIPA: neither a norm before the blocks nor a bias of the patches, which
// zeros stand for, and the last norm after average pooling. That norm's place
// is assumed: src/pretrained/tower_pooling.h sets what the file's config
// states.
std::vector<Row> ClipaRows(const std::string& tower) {
  std::vector<Row> rows = ClipRows(tower);
  for (Row& row : rows) {
    if (row.timm == "norm.weight") row.timm = "fc_norm.weight";
    if (row.timm == "norm.bias") row.timm = "fc_norm.bias";
  }
  rows.push_back({tower + "conv1.weight", "patch_embed.proj.bias",
                  TensorLayout::kZerosOfKernels});
  return rows;
}

// CoCa pools by queries of another width than the blocks, and has its last norm
// after that: what is not supported is named by model::Detect.
std::vector<Row> CocaRows(const std::string& tower) {
  return With(ClipRows(tower),
              Rows(tower).Add("attn_pool.query", "attn_pool.query").Take());
}

// Meta's Perception Encoder: CLIP's names, and attention pooling.
std::vector<Row> PerceptionRows(const std::string& tower) {
  std::vector<Row> rows = ClipRows(tower);
  std::erase_if(rows, [](const Row& row) {
    return row.timm.find(".ls") != std::string::npos;
  });
  const std::string block = "transformer.resblocks.#.";
  const std::string pool = "attn_pool.";
  constexpr auto kFirst = TensorLayout::kFirstThird;
  constexpr auto kLater = TensorLayout::kLaterThirds;
  return With(
      std::move(rows),
      Rows(tower)
          .Add(block + "ls_1.gamma", "blocks.#.gamma_1")
          .Add(block + "ls_2.gamma", "blocks.#.gamma_2")
          .Add(pool + "probe", "attn_pool.latent")
          .Add(pool + "attn.in_proj_weight", "attn_pool.q.weight", kFirst)
          .Add(pool + "attn.in_proj_weight", "attn_pool.kv.weight", kLater)
          .Add(pool + "attn.in_proj_bias", "attn_pool.q.bias", kFirst)
          .Add(pool + "attn.in_proj_bias", "attn_pool.kv.bias", kLater)
          .Layer(pool + "attn.out_proj", "attn_pool.proj")
          .Layer(pool + "layernorm", "attn_pool.norm")
          .Layer(pool + "mlp.c_fc", "attn_pool.mlp.fc1")
          .Layer(pool + "mlp.c_proj", "attn_pool.mlp.fc2")
          .Take());
}

PretrainedCfg ClipCfg(bool quick_gelu) {
  PretrainedCfg cfg = WithEps(kClip, 1e-5);
  cfg.activation =
      quick_gelu ? model::Activation::kQuickGelu : model::Activation::kGelu;
  return cfg;
}

// OpenAI's code converts matrices to float16 and keeps norms in float32.
bool HasFloat16Matrices(const TensorSource& file, const std::string& prefix) {
  const TensorSpec* conv = file.Find(prefix + "visual.conv1.weight");
  const TensorSpec* norm = file.Find(prefix + "visual.ln_pre.weight");
  return conv != nullptr && norm != nullptr && conv->dtype == DType::kF16 &&
         norm->dtype == DType::kF32;
}

// open_clip's towers of other forms than CLIP's.
void AddClipForms(std::vector<Source>& out) {
  PretrainedCfg clipa = WithEps(kImageNet, 1e-5);
  clipa.activation = model::Activation::kGelu;
  const PretrainedCfg perception = WithEps(kInception, 1e-5);
  for (const char* tower : {"visual.", ""}) {
    const std::string prefix = tower;
    const auto ignored =
        prefix.empty() ? std::vector<IgnoredPattern>() : TextTower();
    // What rotates the positions is computed; no class token in the largest.
    std::vector<IgnoredPattern> with_rope = ignored;
    with_rope.push_back({prefix + "rope.*", kFixedPositions});
    // Those of Perception Encoders without a head of attention pooling have no
    // last norm.
    for (const std::vector<std::string>& shown :
         {std::vector<std::string>{prefix + "attn_pool.probe"},
          std::vector<std::string>{"!" + prefix + "ln_post.weight"}}) {
      std::vector<std::string> markers = {prefix + "conv1.weight",
                                          prefix + "ln_pre.weight"};
      markers.insert(markers.end(), shown.begin(), shown.end());
      out.push_back({.name = "Perception Encoder",
                     .markers = std::move(markers),
                     .rows = PerceptionRows(prefix),
                     .ignored = with_rope,
                     .pretrained_cfg = perception});
    }
    out.push_back(
        {.name = "open_clip's CoCa",
         .markers = {prefix + "conv1.weight", prefix + "attn_pool.query"},
         .rows = CocaRows(prefix),
         .ignored = ignored});
    out.push_back(
        {.name = "open_clip's CLIPA",
         .markers = {prefix + "conv1.weight", prefix + "class_embedding",
                     "!" + prefix + "ln_pre.weight"},
         .rows = ClipaRows(prefix),
         .ignored = ignored,
         .pretrained_cfg = clipa,
         .warnings = {kClipaPooling}});
  }
}

// The patch embedding comes first, so that one copy of an EVA does not count as
// another one of a ViT.
void AddTimmTowers(std::vector<Source>& out) {
  const std::string trunk = "visual.trunk.";
  const std::string patches = "patch_embed.proj.weight";
  for (const char* shown :
       {"blocks.0.attn.q_bias", "blocks.0.attn.q_proj.weight"}) {
    out.push_back(TimmTower("open_clip, timm's EVA", {patches, shown},
                            TimmEvaRows(trunk), "head"));
  }
  out.push_back(TimmTower("open_clip, timm's ViT", {patches},
                          TimmVitRows(trunk), "head"));
  // MobileCLIP: not supported, which model::Detect says by the stem's names.
  out.push_back(TimmTower("open_clip, timm's ViT",
                          {"patch_embed.backbone.0.conv.weight"},
                          TimmVitRows(trunk), "head"));
}

}  // namespace

Source TimmTower(const std::string& name,
                 const std::vector<std::string>& markers, std::vector<Row> rows,
                 const std::string& head) {
  // The projection is outside of the timm model.
  rows.push_back({"visual.head.proj.weight", head + ".weight"});
  rows.push_back(
      {"visual.head.proj.weight", head + ".bias", TensorLayout::kZerosOfRows});
  std::vector<std::string> in_trunk;
  for (const std::string& marker : markers) {
    in_trunk.push_back("visual.trunk." + marker);
  }
  Source source = {.name = name,
                   .markers = std::move(in_trunk),
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
  AddClipForms(out);
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
  AddTimmTowers(out);
}

}  // namespace wsel::naming
