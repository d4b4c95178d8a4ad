// ViTs of Hugging Face's transformers: the names in files, which are those
// of 4.x, and those of a state_dict() of 5.x. Names in files come first,
// because export uses the first that matches.
#include <fmt/format.h>

#include <array>

#include "source_table.h"

namespace wsel::naming {
namespace {

constexpr std::string_view kPooler =
    "the pooler of a base model, which classifiers do not use";

constexpr std::array kLong = {"query", "key", "value"};
constexpr std::array kShort = {"q_proj", "k_proj", "v_proj"};

void AddEmbeddings(Rows& rows) {
  rows.Layer("embeddings.patch_embeddings.projection", "patch_embed.proj")
      .Add("embeddings.cls_token", "cls_token")
      .Add("embeddings.position_embeddings", "pos_embed");
}

std::vector<Row> VitRows(const std::string& prefix, bool distilled) {
  Rows rows(prefix);
  AddEmbeddings(rows);
  if (distilled) rows.Add("embeddings.distillation_token", "dist_token");
  const std::string file = "encoder.layer.#.";
  AddSeparateQkv(rows, file + "attention.attention.{}", kLong);
  rows.Layer(file + "attention.output.dense", "blocks.#.attn.proj")
      .Layer(file + "layernorm_before", "blocks.#.norm1")
      .Layer(file + "layernorm_after", "blocks.#.norm2")
      .Layer(file + "intermediate.dense", "blocks.#.mlp.fc1")
      .Layer(file + "output.dense", "blocks.#.mlp.fc2");
  const std::string state = "layers.#.";
  AddSeparateQkv(rows, state + "attention.{}", kShort);
  rows.Layer(state + "attention.o_proj", "blocks.#.attn.proj")
      .Layer(state + "layernorm_before", "blocks.#.norm1")
      .Layer(state + "layernorm_after", "blocks.#.norm2")
      .Layer(state + "mlp.fc1", "blocks.#.mlp.fc1")
      .Layer(state + "mlp.fc2", "blocks.#.mlp.fc2")
      .Layer("layernorm", "norm");
  if (!distilled) return rows.LayerWithoutPrefix("classifier", "head").Take();
  return rows.LayerWithoutPrefix("cls_classifier", "head")
      .LayerWithoutPrefix("distillation_classifier", "head_dist")
      .Take();
}

std::vector<Row> Dinov2Rows(const std::string& prefix, bool registers) {
  Rows rows(prefix);
  AddEmbeddings(rows);
  if (registers) rows.Add("embeddings.register_tokens", "reg_token");
  const std::string block = "encoder.layer.#.";
  AddSeparateQkv(rows, block + "attention.attention.{}", kLong);
  AddSeparateQkv(rows, block + "attention.{}", kShort);
  rows.Layer(block + "attention.output.dense", "blocks.#.attn.proj")
      .Layer(block + "attention.o_proj", "blocks.#.attn.proj")
      .Layer(block + "norm1", "blocks.#.norm1")
      .Layer(block + "norm2", "blocks.#.norm2")
      .Layer(block + "mlp.fc1", "blocks.#.mlp.fc1")
      .Layer(block + "mlp.fc2", "blocks.#.mlp.fc2")
      // SwiGLU (use_swiglu_ffn) of the giant: in files, then in 5.x.
      .Layer(block + "mlp.weights_in", "blocks.#.mlp.fc1")
      .Layer(block + "mlp.weights_out", "blocks.#.mlp.fc2")
      .Layer(block + "mlp.gate_proj", "blocks.#.mlp.fc1_g")
      .Layer(block + "mlp.up_proj", "blocks.#.mlp.fc1_x")
      .Layer(block + "mlp.down_proj", "blocks.#.mlp.fc2")
      .Add(block + "layer_scale1.lambda1", "blocks.#.ls1.gamma")
      .Add(block + "layer_scale2.lambda1", "blocks.#.ls2.gamma")
      .Layer("layernorm", "norm");
  std::vector<Row> out = rows.Take();
  if (registers) AddClassPosition(out);
  return out;
}

std::vector<Row> ClipRows(const std::string& prefix) {
  Rows rows(prefix);
  rows.Add("embeddings.patch_embedding.weight", "patch_embed.proj.weight")
      .Add("embeddings.class_embedding", "cls_token", TensorLayout::kVector)
      .Add("embeddings.position_embedding.weight", "pos_embed",
           TensorLayout::kTable)
      .Layer("pre_layrnorm", "norm_pre")    // sic
      .Layer("pre_layernorm", "norm_pre");  // OWL-ViT
  // The second as transformers 5 writes the towers of AltCLIP.
  for (const std::string block : {"encoder.layers.#.", "encoder.layer.#."}) {
    AddSeparateQkv(rows, block + "self_attn.{}", kShort);
    rows.Layer(block + "self_attn.out_proj", "blocks.#.attn.proj")
        .Layer(block + "layer_norm1", "blocks.#.norm1")
        .Layer(block + "layer_norm2", "blocks.#.norm2")
        .Layer(block + "mlp.fc1", "blocks.#.mlp.fc1")
        .Layer(block + "mlp.fc2", "blocks.#.mlp.fc2");
  }
  rows.Layer("post_layernorm", "norm");
  std::vector<Row> out = rows.Take();
  out.push_back({"visual_projection.weight", "head.weight"});
  out.push_back(
      {"visual_projection.weight", "head.bias", TensorLayout::kZerosOfRows});
  return out;
}

constexpr const char* kPatches =
    "embeddings.patch_embeddings.projection.weight";

void AddVit(std::vector<Source>& out, const std::string& prefix) {
  const std::vector<std::string> warnings = {
      "LayerNorm eps 1e-12, the default, which config.json may override"};
  out.push_back(
      {.name = "Hugging Face DeiT",
       .markers = {prefix + kPatches, prefix + "embeddings.distillation_token"},
       .rows = VitRows(prefix, true),
       .ignored = {{prefix + "pooler.*", kPooler},
                   {prefix + "embeddings.mask_token", kMasks},
                   {"decoder.*", kDecoder},
                   {"classifier.*",
                    "a head on the class token only, beside a distillation "
                    "token, which is not supported"}},
       .pretrained_cfg = WithEps(kImageNet, 1e-12),
       .warnings = warnings,
       .naming = Naming::kHuggingFace,
       .exportable = ExportableUnder(prefix, "deit.")});
  out.push_back({.name = "Hugging Face ViT",
                 .markers = {prefix + kPatches,
                             "!" + prefix + "encoder.layer.0.norm1.weight"},
                 .rows = VitRows(prefix, false),
                 .ignored = {{prefix + "pooler.*", kPooler},
                             {prefix + "embeddings.mask_token", kMasks},
                             {"decoder.*", kDecoder}},
                 // I-JEPA's images are normalised as ImageNet's.
                 .pretrained_cfg = WithEps(
                     prefix == "ijepa." ? kImageNet : kInception, 1e-12),
                 .warnings = warnings,
                 .naming = Naming::kHuggingFace,
                 .exportable = ExportableUnder(prefix, "vit.")});
}

// ViTMSNForImageClassification: transformers 5 writes its blocks without the
// prefix of the rest.
void AddVitMsn(std::vector<Source>& out) {
  const std::string prefix = "vit.";
  std::vector<Row> blocks = VitRows("", false);
  std::erase_if(blocks, [](const Row& row) {
    return !row.source.starts_with("encoder.");
  });
  out.push_back({.name = "Hugging Face ViTMSN",
                 .markers = {prefix + kPatches,
                             "encoder.layer.0.layernorm_before.weight"},
                 .rows = With(VitRows(prefix, false), blocks),
                 .ignored = {{prefix + "embeddings.mask_token", kMasks}},
                 .pretrained_cfg = WithEps(kImageNet, 1e-6),
                 .warnings = {"LayerNorm eps 1e-06, ViTMSN's default, which "
                              "config.json may override"}});
}

void AddDinov2(std::vector<Source>& out, const std::string& prefix) {
  const std::vector<IgnoredPattern> ignored = {
      {prefix + "embeddings.mask_token", kMasks},
      {"classifier.*",
       "a head on the class token and the mean of the patches, which is not "
       "supported"}};
  out.push_back(
      {.name = "Hugging Face DINOv2 with registers",
       .markers = {prefix + kPatches, prefix + "embeddings.register_tokens"},
       .rows = Dinov2Rows(prefix, true),
       .ignored = ignored,
       .pretrained_cfg = WithEps(kImageNet, 1e-6)});
  out.push_back({.name = "Hugging Face DINOv2",
                 .markers = {prefix + kPatches,
                             prefix + "encoder.layer.0.layer_scale1.lambda1"},
                 .rows = Dinov2Rows(prefix, false),
                 .ignored = ignored,
                 .pretrained_cfg = WithEps(kImageNet, 1e-6),
                 .naming = Naming::kHuggingFace,
                 .exportable = ExportableUnder(prefix, "dinov2.")});
}

void AddClipTower(std::vector<Source>& out, const std::string& prefix) {
  PretrainedCfg cfg = WithEps(kClip, 1e-5);
  cfg.activation = model::Activation::kQuickGelu;
  out.push_back(
      {.name = "Hugging Face CLIP",
       .markers = {prefix + "embeddings.patch_embedding.weight",
                   prefix + "embeddings.class_embedding"},
       .rows = ClipRows(prefix),
       .ignored = {{"text_model.*", kText},
                   {"text_projection.*", kText},
                   {"logit_scale", kText},
                   {"classifier.*",
                    "a head on the mean of the patches before the last norm, "
                    "which is not supported"},
                   {prefix + "embeddings.position_ids",
                    "position indices, not weights"}},
       .pretrained_cfg = cfg,
       .warnings = {"QuickGELU, the default, which config.json may override "
                    "(hidden_act): LAION's models have exact GELU"},
       .naming = Naming::kHuggingFace,
       .exportable = prefix.empty() ? Exportable::kNone : Exportable::kAll});
}

}  // namespace

void AddSeparateQkv(Rows& rows, const std::string& pattern,
                    const std::array<const char*, 3>& names) {
  constexpr Part kParts[] = {Part::kQuery, Part::kKey, Part::kValue};
  for (size_t i = 0; i < 3; ++i) {
    rows.Layer(fmt::format(fmt::runtime(pattern), names[i]),
               "blocks.#.attn.qkv", TensorLayout::kSame, kParts[i]);
  }
}

void AddHuggingFaceVit(std::vector<Source>& out) {
  for (const char* prefix : {"dinov2_with_registers.", "dinov2.", ""}) {
    AddDinov2(out, prefix);
  }
  AddHuggingFaceTowers(out);
  AddVitMsn(out);
  for (const char* prefix : {"vit.", "deit.", "ijepa.", ""}) {
    AddVit(out, prefix);
  }
  for (const char* prefix : {"vision_model.", ""}) AddClipTower(out, prefix);
  AddHuggingFaceVitForms(out);
}

}  // namespace wsel::naming
