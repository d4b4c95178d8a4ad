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

// DINOv3's ConvNeXts; `stages`: the prefix of all but the last norm, in a
// state_dict() of 5.x "model.". A backbone's file has no last norm.
void AddDinov3(std::vector<Source>& out, const std::string& stages) {
  const std::string block = stages + "stages.#.layers.#.";
  Rows rows;
  rows.Layer(stages + "stages.0.downsample_layers.0", "stem.0")
      .Layer(stages + "stages.0.downsample_layers.1", "stem.1")
      .Layer(block + "depthwise_conv", "stages.#.blocks.#.conv_dw")
      .Layer(block + "layer_norm", "stages.#.blocks.#.norm")
      .Layer(block + "pointwise_conv1", "stages.#.blocks.#.mlp.fc1", kPointwise)
      .Layer(block + "pointwise_conv2", "stages.#.blocks.#.mlp.fc2", kPointwise)
      .Add(block + "gamma", "stages.#.blocks.#.gamma")
      .Layer("layer_norm", "head.norm");
  for (int stage = 1; stage < 4; ++stage) {
    for (int layer = 0; layer < 2; ++layer) {
      rows.Layer(
          fmt::format("{}stages.{}.downsample_layers.{}", stages, stage, layer),
          fmt::format("stages.{}.downsample.{}", stage, layer));
    }
  }
  const std::string norm = stages + "stages.3.layers.0.layer_norm.weight";
  Source model = {
      .name = "Hugging Face DINOv3 ConvNeXt",
      .markers = {stages + "stages.0.downsample_layers.0.weight",
                  stages + "stages.0.layers.0.depthwise_conv.weight",
                  "layer_norm.weight"},
      .rows = rows.Take(),
      .pretrained_cfg = kImageNet};
  Source backbone = model;
  backbone.name += ", backbone";
  backbone.markers = {model.markers[0], model.markers[1], norm,
                      "!layer_norm.weight"};
  AddLastNorm(backbone, norm);
  out.push_back(std::move(model));
  out.push_back(std::move(backbone));
}

void AddHuggingFace(std::vector<Source>& out) {
  out.push_back(HuggingFaceConvNextBackbone("Hugging Face ConvNeXt, backbone",
                                            HuggingFaceConvNextRows("")));
  for (const std::string stages : {"model.", ""}) AddDinov3(out, stages);
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
  Source tower = TimmTower("open_clip, timm's ConvNeXt", {"stem.0.weight"},
                           TimmConvNextRows("visual.trunk."), "head.fc");
  tower.pretrained_cfg = kClip;
  // A projection of two layers is timm's head with a hidden one.
  std::erase_if(tower.ignored, [](const IgnoredPattern& one) {
    return one.pattern == "visual.head.mlp.*";
  });
  tower.rows =
      With(std::move(tower.rows),
           Rows()
               .Layer("visual.head.mlp.fc1", "head.pre_logits.fc")
               .Add("visual.head.mlp.fc2.weight", "head.fc.weight")
               .Add("visual.head.mlp.fc2.weight", "head.fc.bias", kZerosOfRows)
               .Take());
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
  if (naming == Naming::kTorchvision && c.in_chans != 3) {
    return fmt::format("takes {}-channel images", c.in_chans);
  }
  if (c.HasOverlappingStem()) return "has an overlapping stem";
  if (c.norm_layer != model::ConvNextNorm::kLayerNorm) {
    return "has norms without bias";
  }
  if (c.kernel_sizes != model::ConvNextConfig().kernel_sizes) {
    return "has kernels other than 7 x 7";
  }
  if (c.head_hidden_size > 0) return "has a hidden layer before its classifier";
  const bool scaled = naming == Naming::kTorchvision;
  return scaled && c.layer_scale == 0 ? "has no layer scale" : "";
}

void BuildAs(model::ConvNextConfig& c, Naming naming) {
  c.norm_eps = 1e-6;
  if (naming != Naming::kHuggingFace) c.activation = model::Activation::kGelu;
}

// Hugging Face's hidden_act.
std::string_view HfActivation(model::Activation activation) {
  switch (activation) {
    case model::Activation::kGelu:
      return "gelu";
    case model::Activation::kQuickGelu:
      return "quick_gelu";
    case model::Activation::kGeluTanh:
      return "gelu_pytorch_tanh";
    case model::Activation::kRelu:
      return "relu";
    case model::Activation::kSilu:
      return "silu";
  }
  return "gelu";
}

// timm's act_layer.
std::string_view TimmActivation(model::Activation activation) {
  switch (activation) {
    case model::Activation::kGelu:
      return "gelu";
    case model::Activation::kQuickGelu:
      return "quick_gelu";
    case model::Activation::kGeluTanh:
      return "gelu_tanh";
    case model::Activation::kRelu:
      return "relu";
    case model::Activation::kSilu:
      return "silu";
  }
  return "gelu";
}

// timm's stem_type.
std::string_view TimmStem(model::ConvNextStem stem) {
  switch (stem) {
    case model::ConvNextStem::kPatch:
      return "patch";
    case model::ConvNextStem::kOverlap:
      return "overlap";
    case model::ConvNextStem::kOverlapTiered:
      return "overlap_tiered";
    case model::ConvNextStem::kOverlapAct:
      return "overlap_act";
  }
  return "patch";
}

// timm's arguments of what only some of its ConvNeXts have.
void AddUnusual(const model::ConvNextConfig& c, Json& arguments) {
  if (c.HasOverlappingStem()) arguments["stem_type"] = TimmStem(c.stem_type);
  if (c.norm_layer != model::ConvNextNorm::kLayerNorm) {
    arguments["norm_layer"] = c.norm_layer == model::ConvNextNorm::kRmsNorm
                                  ? "rmsnorm"
                                  : "simplenorm";
  }
  if (c.activation != model::Activation::kGelu) {
    arguments["act_layer"] = TimmActivation(c.activation);
  }
  if (c.kernel_sizes != model::ConvNextConfig().kernel_sizes) {
    arguments["kernel_sizes"] = c.kernel_sizes;
  }
  if (c.in_chans != 3) arguments["in_chans"] = c.in_chans;
  if (c.head_hidden_size > 0) {
    arguments["head_hidden_size"] = c.head_hidden_size;
  }
}

Json HfConvNext(const model::ConvNextConfig& c) {
  const bool head = c.num_classes > 0;
  Json json = HfModel("convnext",
                      head ? "ConvNextForImageClassification" : "ConvNextModel",
                      {{"num_channels", c.in_chans},
                       {"image_size", c.img_size},
                       {"patch_size", c.patch_size},
                       {"num_stages", c.dims.size()},
                       {"hidden_sizes", c.dims},
                       {"depths", c.depths},
                       {"hidden_act", HfActivation(c.activation)},
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
  AddUnusual(c, arguments);
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

Source HuggingFaceConvNextBackbone(const std::string& name,
                                   std::vector<Row> rows) {
  const std::string norm = "encoder.stages.3.layers.0.layernorm.weight";
  Source source = {
      .name = name,
      .markers = {"embeddings.patch_embeddings.weight",
                  "embeddings.layernorm.weight", norm, "!layernorm.weight"},
      .rows = std::move(rows),
      .ignored = {{"hidden_states_norms.*",
                   "a norm of a stage's output, which "
                   "classifiers do not have"}},
      .pretrained_cfg = kImageNet};
  AddLastNorm(source, norm);
  return source;
}

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
       {"stem.0", "stem.1", "stem.2", "stem.3", "stages.#.downsample.0",
        "stages.#.downsample.1", "stages.#.blocks.#.conv_dw",
        "stages.#.blocks.#.norm", "stages.#.blocks.#.mlp.fc1",
        "stages.#.blocks.#.mlp.fc2", "norm_pre", "head.norm",
        "head.pre_logits.fc", "head.fc"}) {
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
