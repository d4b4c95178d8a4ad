// ConvNeXt in each library: sources, and what an exported model needs.
#include <fmt/format.h>

#include "library_names.h"

namespace wsel::naming {
namespace {

using enum TensorLayout;
using Json = nlohmann::ordered_json;

// In `features` the stem is 0, stages are 1, 3, 5 and 7, and downsampling
// layers are between them.
std::vector<Row> TorchvisionRows() {
  Rows rows;
  rows.Layer("features.0.0", "stem.0").Layer("features.0.1", "stem.1");
  for (int stage = 0; stage < 4; ++stage) {
    const std::string source = fmt::format("features.{}.", 2 * stage + 1);
    const std::string timm = fmt::format("stages.{}.", stage);
    if (stage > 0) {
      const std::string down = fmt::format("features.{}.", 2 * stage);
      rows.Layer(down + "0", timm + "downsample.0");
      rows.Layer(down + "1", timm + "downsample.1");
    }
    rows.Layer(source + "#.block.0", timm + "blocks.#.conv_dw")
        .Layer(source + "#.block.2", timm + "blocks.#.norm")
        .Layer(source + "#.block.3", timm + "blocks.#.mlp.fc1", kPointwise)
        .Layer(source + "#.block.5", timm + "blocks.#.mlp.fc2", kPointwise)
        .Add(source + "#.layer_scale", timm + "blocks.#.gamma", kColumn);
  }
  return rows.Layer("classifier.0", "head.norm")
      .Layer("classifier.2", "head.fc")
      .Take();
}

// Adds a last norm to rows of a file without one: ones and zeros, shaped like
// the norm of a block of the last stage, which is called `like` there.
void AddLastNorm(Source& source, const std::string& like) {
  source.rows.push_back({like, "head.norm.weight", kOnesLike});
  source.rows.push_back({like, "head.norm.bias", kZerosLike});
  source.warnings.emplace_back(
      "ones and zeros for head.norm, which is not in the file");
}

void AddHuggingFaceBackbone(std::vector<Source>& out) {
  const std::string norm = "encoder.stages.3.layers.0.layernorm.weight";
  Source source = {
      .name = "Hugging Face ConvNeXt, backbone",
      .markers = {"embeddings.patch_embeddings.weight",
                  "embeddings.layernorm.weight", norm, "!layernorm.weight"},
      .rows = HuggingFaceConvNextRows(""),
      .ignored = {{"hidden_states_norms.*",
                   "a norm of a stage's output, which "
                   "classifiers do not have"}},
      .pretrained_cfg = kImageNet};
  AddLastNorm(source, norm);
  out.push_back(std::move(source));
}

void AddHuggingFace(std::vector<Source>& out) {
  AddHuggingFaceBackbone(out);
  for (const std::string prefix : {"convnext.", ""}) {
    out.push_back(
        {.name = "Hugging Face ConvNeXt",
         .markers = {prefix + "embeddings.patch_embeddings.weight",
                     prefix + "embeddings.layernorm.weight"},
         .rows = HuggingFaceConvNextRows(prefix),
         .pretrained_cfg = kImageNet,
         .warnings =
             {"eps 1e-06 in the last norm, as in the others; Hugging Face's "
              "default for this norm is 1e-12 (config.json: layer_norm_eps)"},
         .naming = Naming::kHuggingFace,
         .exportable = ExportableUnder(prefix, "convnext.")});
  }
}

void AddTimm(std::vector<Source>& out) {
  // The official script omits every tensor with "head" in its name.
  const std::string norm = "stages.3.blocks.0.norm.weight";
  Source official = {.name = "official weight selection",
                     .markers = {"stem.0.weight", norm, "!head.norm.weight",
                                 "!norm_pre.weight", "!head.fc.weight"},
                     .rows = TimmConvNextRows()};
  AddLastNorm(official, norm);
  out.push_back(std::move(official));
  out.push_back({.name = "timm",
                 .markers = {"stem.0.weight"},
                 .rows = TimmConvNextRows()});
}

void AddSources(std::vector<Source>& out) {
  Source tower = TimmTower("open_clip, timm's ConvNeXt", "stem.0.weight",
                           TimmConvNextRows("visual.trunk."), "head.fc");
  tower.pretrained_cfg = kClip;
  out.push_back(std::move(tower));
  AddHuggingFace(out);
  out.push_back(
      {.name = "torchvision ConvNeXt",
       .markers = {"features.0.0.weight", "features.1.0.block.0.weight"},
       .rows = TorchvisionRows(),
       .pretrained_cfg = kImageNet,
       .naming = Naming::kTorchvision,
       .exportable = Exportable::kAll});
  out.push_back(
      {.name = "Meta ConvNeXt",
       .markers = {"downsample_layers.0.0.weight", "stages.0.0.dwconv.weight"},
       .rows = MetaConvNextRows(),
       .pretrained_cfg = kImageNet,
       .naming = Naming::kMeta,
       .exportable = Exportable::kAll});
  AddTimm(out);
}

std::string Inexpressible(const model::ConvNextConfig& c, Naming naming) {
  const bool hf = naming == Naming::kHuggingFace;
  if (hf ? c.patch_size == 2 : c.patch_size != 4) {
    return fmt::format("has patches of {} pixels", c.patch_size);
  }
  const bool scaled = naming == Naming::kTorchvision;
  return scaled && c.layer_scale == 0 ? "has no layer scale" : "";
}

void BuildAs(model::ConvNextConfig& c, Naming /*naming*/) { c.norm_eps = 1e-6; }

Json HfConvNext(const model::ConvNextConfig& c) {
  const bool head = c.num_classes > 0;
  Json json = HfModel("convnext",
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

// Only architectures of V2 have no layer scale.
TimmModel TimmConvNext(const model::ConvNextConfig& c) {
  const bool scaled = c.layer_scale > 0;
  Json arguments = {{"patch_size", c.patch_size},
                    {"dims", c.dims},
                    {"depths", c.depths},
                    {"conv_mlp", c.conv_mlp},
                    {"head_norm_first", c.head_norm_first},
                    {"head_init_scale", c.head_init_scale},
                    {"norm_eps", c.norm_eps}};
  if (scaled) {
    arguments["ls_init_value"] = c.layer_scale;
  } else {
    arguments["use_grn"] = false;
  }
  return {.architecture = scaled ? "convnext_atto" : "convnextv2_atto",
          .arguments = std::move(arguments),
          .global_pool = "avg",
          .first_conv = "stem.0",
          .classifier = "head.fc"};
}

}  // namespace

std::vector<Row> HuggingFaceConvNextRows(const std::string& prefix) {
  const std::string stage = "encoder.stages.#.";
  const std::string block = stage + "layers.#.";
  return Rows(prefix)
      .Layer("embeddings.patch_embeddings", "stem.0")
      .Layer("embeddings.layernorm", "stem.1")
      .Layer(stage + "downsampling_layer.0", "stages.#.downsample.0")
      .Layer(stage + "downsampling_layer.1", "stages.#.downsample.1")
      .Layer(block + "dwconv", "stages.#.blocks.#.conv_dw")
      .Layer(block + "layernorm", "stages.#.blocks.#.norm")
      .Layer(block + "pwconv1", "stages.#.blocks.#.mlp.fc1", kPointwise)
      .Layer(block + "pwconv2", "stages.#.blocks.#.mlp.fc2", kPointwise)
      .Add(block + "layer_scale_parameter", "stages.#.blocks.#.gamma")
      .Layer("layernorm", "head.norm")
      .LayerWithoutPrefix("classifier", "head.fc")
      .Take();
}

std::vector<Row> MetaConvNextRows() {
  Rows rows;
  rows.Layer("downsample_layers.0.0", "stem.0")
      .Layer("downsample_layers.0.1", "stem.1");
  for (int stage = 1; stage < 4; ++stage) {
    const std::string source = fmt::format("downsample_layers.{}.", stage);
    const std::string timm = fmt::format("stages.{}.downsample.", stage);
    rows.Layer(source + "0", timm + "0").Layer(source + "1", timm + "1");
  }
  return rows.Layer("stages.#.#.dwconv", "stages.#.blocks.#.conv_dw")
      .Layer("stages.#.#.norm", "stages.#.blocks.#.norm")
      .Layer("stages.#.#.pwconv1", "stages.#.blocks.#.mlp.fc1", kPointwise)
      .Layer("stages.#.#.pwconv2", "stages.#.blocks.#.mlp.fc2", kPointwise)
      .Add("stages.#.#.gamma", "stages.#.blocks.#.gamma")
      .Layer("norm", "head.norm")
      .Layer("head", "head.fc")
      .Take();
}

std::vector<Row> TimmConvNextRows(std::string_view prefix) {
  Rows rows{std::string(prefix)};
  rows.Add("stages.#.blocks.#.gamma", "stages.#.blocks.#.gamma");
  for (const char* layer :
       {"stem.0", "stem.1", "stages.#.downsample.0", "stages.#.downsample.1",
        "stages.#.blocks.#.conv_dw", "stages.#.blocks.#.norm",
        "stages.#.blocks.#.mlp.fc1", "stages.#.blocks.#.mlp.fc2", "norm_pre",
        "head.norm", "head.fc"}) {
    rows.Layer(layer, layer);
  }
  return rows.Take();
}

const LibraryNames<model::ConvNextConfig> kConvNextNames = {
    .add_sources = AddSources,
    .inexpressible = Inexpressible,
    .build_as = BuildAs,
    .hf_config = HfConvNext,
    .timm_model = TimmConvNext,
};

}  // namespace wsel::naming
