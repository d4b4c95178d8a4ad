// Hugging Face's transformers: what is in files, which keep the names of 4.x,
// and what a state_dict() of 5.x calls the same. File names come first, for the
// way out takes the first that fits.
#include <fmt/format.h>

#include <array>

#include "source_table.h"

namespace wsel::naming {
namespace {

constexpr std::string_view kPooler =
    "the pooler of a base model, which no classifier uses";
constexpr std::string_view kMasks =
    "stands for patches that pre-training hides; a classifier sees all";
constexpr std::string_view kDecoder =
    "belongs to the decoder, which pre-training alone needs";

// Query, key and value as layers of their own; `pattern` has a {} for which.
void AddApart(Rows& rows, const std::string& pattern,
              const std::array<const char*, 3>& names) {
  constexpr Part kParts[] = {Part::kQuery, Part::kKey, Part::kValue};
  for (size_t i = 0; i < 3; ++i) {
    rows.Layer(fmt::format(fmt::runtime(pattern), names[i]),
               "blocks.#.attn.qkv", Layout::kSame, kParts[i]);
  }
}

constexpr std::array kLong = {"query", "key", "value"};
constexpr std::array kShort = {"q_proj", "k_proj", "v_proj"};

void AddEmbeddings(Rows& rows) {
  rows.Layer("embeddings.patch_embeddings.projection", "patch_embed.proj")
      .Add("embeddings.cls_token", "cls_token")
      .Add("embeddings.position_embeddings", "pos_embed");
}

// The blocks of ViT and DeiT.
void AddVitBlocks(Rows& rows) {
  const std::string file = "encoder.layer.#.";
  AddApart(rows, file + "attention.attention.{}", kLong);
  rows.Layer(file + "attention.output.dense", "blocks.#.attn.proj")
      .Layer(file + "layernorm_before", "blocks.#.norm1")
      .Layer(file + "layernorm_after", "blocks.#.norm2")
      .Layer(file + "intermediate.dense", "blocks.#.mlp.fc1")
      .Layer(file + "output.dense", "blocks.#.mlp.fc2");
  const std::string state = "layers.#.";
  AddApart(rows, state + "attention.{}", kShort);
  rows.Layer(state + "attention.o_proj", "blocks.#.attn.proj")
      .Layer(state + "layernorm_before", "blocks.#.norm1")
      .Layer(state + "layernorm_after", "blocks.#.norm2")
      .Layer(state + "mlp.fc1", "blocks.#.mlp.fc1")
      .Layer(state + "mlp.fc2", "blocks.#.mlp.fc2");
  rows.Layer("layernorm", "norm");
}

std::vector<Row> VitRows(const std::string& prefix) {
  Rows rows(prefix);
  AddEmbeddings(rows);
  AddVitBlocks(rows);
  return rows.Outside("classifier", "head").Take();
}

std::vector<Row> DeitRows(const std::string& prefix) {
  Rows rows(prefix);
  AddEmbeddings(rows);
  rows.Add("embeddings.distillation_token", "dist_token");
  AddVitBlocks(rows);
  return rows.Outside("cls_classifier", "head")
      .Outside("distillation_classifier", "head_dist")
      .Take();
}

std::vector<Row> Dinov2Rows(const std::string& prefix, bool registers) {
  Rows rows(prefix);
  AddEmbeddings(rows);
  if (registers) {
    rows.Add("embeddings.register_tokens", "reg_token");
  }
  const std::string block = "encoder.layer.#.";
  AddApart(rows, block + "attention.attention.{}", kLong);
  AddApart(rows, block + "attention.{}", kShort);
  rows.Layer(block + "attention.output.dense", "blocks.#.attn.proj")
      .Layer(block + "attention.o_proj", "blocks.#.attn.proj")
      .Layer(block + "norm1", "blocks.#.norm1")
      .Layer(block + "norm2", "blocks.#.norm2")
      .Layer(block + "mlp.fc1", "blocks.#.mlp.fc1")
      .Layer(block + "mlp.fc2", "blocks.#.mlp.fc2")
      .Add(block + "layer_scale1.lambda1", "blocks.#.ls1.gamma")
      .Add(block + "layer_scale2.lambda1", "blocks.#.ls2.gamma")
      .Layer("layernorm", "norm");
  std::vector<Row> out = rows.Take();
  if (registers) FoldClassPosition(out);
  return out;
}

std::vector<Row> ClipRows(const std::string& prefix) {
  Rows rows(prefix);
  const std::string block = "encoder.layers.#.";
  rows.Add("embeddings.patch_embedding.weight", "patch_embed.proj.weight")
      .Add("embeddings.class_embedding", "cls_token", Layout::kVector)
      .Add("embeddings.position_embedding.weight", "pos_embed", Layout::kTable)
      .Layer("pre_layrnorm", "norm_pre");  // their spelling
  AddApart(rows, block + "self_attn.{}", kShort);
  rows.Layer(block + "self_attn.out_proj", "blocks.#.attn.proj")
      .Layer(block + "layer_norm1", "blocks.#.norm1")
      .Layer(block + "layer_norm2", "blocks.#.norm2")
      .Layer(block + "mlp.fc1", "blocks.#.mlp.fc1")
      .Layer(block + "mlp.fc2", "blocks.#.mlp.fc2")
      .Layer("post_layernorm", "norm");
  std::vector<Row> out = rows.Take();
  out.push_back({"visual_projection.weight", "head.weight"});
  out.push_back(
      {"visual_projection.weight", "head.bias", Layout::kZerosOfRows});
  return out;
}

std::vector<Row> ConvNextRows(const std::string& prefix) {
  const std::string stage = "encoder.stages.#.";
  const std::string block = stage + "layers.#.";
  return Rows(prefix)
      .Layer("embeddings.patch_embeddings", "stem.0")
      .Layer("embeddings.layernorm", "stem.1")
      .Layer(stage + "downsampling_layer.0", "stages.#.downsample.0")
      .Layer(stage + "downsampling_layer.1", "stages.#.downsample.1")
      .Layer(block + "dwconv", "stages.#.blocks.#.conv_dw")
      .Layer(block + "layernorm", "stages.#.blocks.#.norm")
      .Layer(block + "pwconv1", "stages.#.blocks.#.mlp.fc1", Layout::kPointwise)
      .Layer(block + "pwconv2", "stages.#.blocks.#.mlp.fc2", Layout::kPointwise)
      .Add(block + "layer_scale_parameter", "stages.#.blocks.#.gamma")
      .Layer("layernorm", "head.norm")
      .Outside("classifier", "head.fc")
      .Take();
}

Facts WithEps(Facts facts, double eps) {
  facts.norm_eps = eps;
  return facts;
}

// Models with a head are written under their prefix, bare ones without.
Writes WritesOf(const std::string& prefix, const std::string& own) {
  if (prefix == own) return Writes::kWithHead;
  return prefix.empty() ? Writes::kWithoutHead : Writes::kNothing;
}

constexpr const char* kPatches =
    "embeddings.patch_embeddings.projection.weight";

void AddVit(std::vector<Source>& out, const std::string& prefix) {
  const std::vector<std::string> doubts = {
      "LayerNorm's eps is 1e-12, the default, which config.json may change"};
  out.push_back(
      {.name = "Hugging Face DeiT",
       .markers = {prefix + kPatches, prefix + "embeddings.distillation_token"},
       .rows = DeitRows(prefix),
       .without = {{prefix + "pooler.*", kPooler},
                   {"classifier.*",
                    "reads the class token beside a distillation "
                    "token, which no model here does"}},
       .facts = WithEps(ImageNetPictures(), 1e-12),
       .doubts = doubts,
       .naming = Naming::kHuggingFace,
       .writes = WritesOf(prefix, "deit.")});
  out.push_back({.name = "Hugging Face ViT",
                 .markers = {prefix + kPatches,
                             "!" + prefix + "encoder.layer.0.norm1.weight"},
                 .rows = VitRows(prefix),
                 .without = {{prefix + "pooler.*", kPooler},
                             {prefix + "embeddings.mask_token", kMasks},
                             {"decoder.*", kDecoder}},
                 .facts = WithEps(InceptionPictures(), 1e-12),
                 .doubts = doubts,
                 .naming = Naming::kHuggingFace,
                 .writes = WritesOf(prefix, "vit.")});
}

void AddDinov2(std::vector<Source>& out, const std::string& prefix) {
  const std::vector<Without> without = {
      {prefix + "embeddings.mask_token", kMasks},
      {"classifier.*",
       "reads the class token and the mean of the patches, which no model "
       "here does"}};
  out.push_back(
      {.name = "Hugging Face DINOv2 with registers",
       .markers = {prefix + kPatches, prefix + "embeddings.register_tokens"},
       .rows = Dinov2Rows(prefix, true),
       .without = without,
       .facts = WithEps(ImageNetPictures(), 1e-6)});
  out.push_back({.name = "Hugging Face DINOv2",
                 .markers = {prefix + kPatches,
                             prefix + "encoder.layer.0.layer_scale1.lambda1"},
                 .rows = Dinov2Rows(prefix, false),
                 .without = without,
                 .facts = WithEps(ImageNetPictures(), 1e-6),
                 .naming = Naming::kHuggingFace,
                 .writes = WritesOf(prefix, "dinov2.")});
}

void AddClipTower(std::vector<Source>& out, const std::string& prefix) {
  constexpr std::string_view kText =
      "belongs to the text tower or ties the two towers; the image tower is "
      "the model";
  Facts facts = WithEps(ClipPictures(), 1e-5);
  facts.quick_gelu = true;
  out.push_back(
      {.name = "Hugging Face CLIP",
       .markers = {prefix + "embeddings.patch_embedding.weight",
                   prefix + "embeddings.class_embedding"},
       .rows = ClipRows(prefix),
       .without = {{"text_model.*", kText},
                   {"text_projection.*", kText},
                   {"logit_scale", kText},
                   {prefix + "embeddings.position_ids",
                    "counts positions, and holds no weights"}},
       .facts = facts,
       .doubts = {"QuickGELU, the default, which config.json may change "
                  "(hidden_act): LAION's models have exact GELU"},
       .naming = Naming::kHuggingFace,
       .writes = prefix.empty() ? Writes::kNothing : Writes::kAll});
}

}  // namespace

void AddHuggingFace(std::vector<Source>& out) {
  for (const char* prefix : {"dinov2_with_registers.", "dinov2.", ""}) {
    AddDinov2(out, prefix);
  }
  for (const char* prefix : {"vit.", "deit.", ""}) AddVit(out, prefix);
  for (const char* prefix : {"vision_model.", ""}) AddClipTower(out, prefix);
  for (const std::string prefix : {"convnext.", ""}) {
    out.push_back({.name = "Hugging Face ConvNeXt",
                   .markers = {prefix + "embeddings.patch_embeddings.weight",
                               prefix + "embeddings.layernorm.weight"},
                   .rows = ConvNextRows(prefix),
                   .without = {},
                   .facts = ImageNetPictures(),
                   .doubts = {"the eps of the last norm is 1e-06, as of all "
                              "others; Hugging Face's default for it alone is "
                              "1e-12 (config.json: layer_norm_eps)"},
                   .naming = Naming::kHuggingFace,
                   .writes = WritesOf(prefix, "convnext.")});
  }
}

}  // namespace wsel::naming
