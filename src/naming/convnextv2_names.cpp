// ConvNeXt V2 in each library: the names of ConvNeXt, and GRN's.
#include "library_names.h"

namespace wsel::naming {
namespace {

constexpr const char* kGrn = "stages.#.blocks.#.mlp.grn";

std::vector<Row> MetaRows() {
  const std::string grn = kGrn;
  return With(MetaConvNextRows(),
              {{"stages.#.#.grn.gamma", grn + ".weight", TensorLayout::kRow},
               {"stages.#.#.grn.beta", grn + ".bias", TensorLayout::kRow}});
}

std::vector<Row> HuggingFaceRows(const std::string& prefix) {
  const std::string grn = kGrn;
  const std::string theirs = prefix + "encoder.stages.#.layers.#.grn";
  return With(HuggingFaceConvNextRows(prefix),
              {{theirs + ".weight", grn + ".weight", TensorLayout::kRow},
               {theirs + ".bias", grn + ".bias", TensorLayout::kRow}});
}

void AddMeta(std::vector<Source>& out) {
  Source fine_tuned = {.name = "Meta ConvNeXt V2",
                       .markers = {"downsample_layers.0.0.weight",
                                   "stages.0.0.grn.gamma", "norm.weight"},
                       .rows = MetaRows(),
                       .pretrained_cfg = kImageNet,
                       .naming = Naming::kMeta,
                       .exportable = Exportable::kAll};
  Source fcmae = fine_tuned;
  fcmae.name = "Meta ConvNeXt V2, pre-training";
  fcmae.markers.back() = "!norm.weight";
  fcmae.rows = With(
      fcmae.rows,
      {{"stages.3.0.norm.weight", "head.norm.weight", TensorLayout::kOnesLike},
       {"stages.3.0.norm.weight", "head.norm.bias", TensorLayout::kZerosLike}});
  fcmae.warnings = {"ones and zeros for head.norm, which is not in the file"};
  fcmae.exportable = Exportable::kNone;
  out.push_back(std::move(fine_tuned));
  out.push_back(std::move(fcmae));
}

void AddSources(std::vector<Source>& out) {
  Source backbone = HuggingFaceConvNextBackbone(
      "Hugging Face ConvNeXt V2, backbone", HuggingFaceRows(""));
  backbone.markers.insert(backbone.markers.begin() + 1,
                          "encoder.stages.0.layers.0.grn.weight");
  out.push_back(std::move(backbone));
  for (const std::string prefix : {"convnextv2.", ""}) {
    out.push_back(
        {.name = "Hugging Face ConvNeXt V2",
         .markers = {prefix + "embeddings.patch_embeddings.weight",
                     prefix + "encoder.stages.0.layers.0.grn.weight"},
         .rows = HuggingFaceRows(prefix),
         .pretrained_cfg = kImageNet,
         .warnings =
             {"eps 1e-06 in the last norm, as in the others; Hugging Face's "
              "default for this norm is 1e-12 (config.json: layer_norm_eps)"},
         .naming = Naming::kHuggingFace,
         .exportable = ExportableUnder(prefix, "convnextv2.")});
  }
  AddMeta(out);
  const std::string grn = kGrn;
  out.push_back(
      {.name = "timm",
       .markers = {"stem.0.weight", "stages.0.blocks.0.mlp.grn.weight"},
       .rows = With(TimmConvNextRows(), {{grn + ".weight", grn + ".weight"},
                                         {grn + ".bias", grn + ".bias"}}),
       .pretrained_cfg = kImageNet});
}

nlohmann::ordered_json HfConvNextV2(const model::ConvNextV2Config& c) {
  auto json = kConvNextNames.hf_config(c.WithoutGrn());
  json["model_type"] = "convnextv2";
  json["architectures"] = {c.num_classes > 0
                               ? "ConvNextV2ForImageClassification"
                               : "ConvNextV2Model"};
  json.erase("layer_scale_init_value");
  return json;
}

TimmModel TimmConvNextV2(const model::ConvNextV2Config& c) {
  TimmModel model = kConvNextNames.timm_model(c.WithoutGrn());
  model.arguments["use_grn"] = true;
  return model;
}

}  // namespace

const LibraryNames<model::ConvNextV2Config> kConvNextV2Names = {
    .add_sources = AddSources,
    .inexpressible =
        [](const model::ConvNextV2Config& c, Naming naming) {
          return kConvNextNames.inexpressible(c.WithoutGrn(), naming);
        },
    .build_as = [](model::ConvNextV2Config& c,
                   Naming /*naming*/) { c.norm_eps = 1e-6; },
    .hf_config = HfConvNextV2,
    .timm_model = TimmConvNextV2,
};

}  // namespace wsel::naming
