// torchvision.models: vit_* and convnext_*.
#include <fmt/format.h>

#include "source_table.h"

namespace wsel::naming {
namespace {

std::vector<Row> VitRows() {
  const std::string block = "encoder.layers.encoder_layer_#.";
  return Rows()
      .Layer("conv_proj", "patch_embed.proj")
      .Add("class_token", "cls_token")
      .Add("encoder.pos_embedding", "pos_embed")
      .Layer(block + "ln_1", "blocks.#.norm1")
      .Add(block + "self_attention.in_proj_weight", "blocks.#.attn.qkv.weight")
      .Add(block + "self_attention.in_proj_bias", "blocks.#.attn.qkv.bias")
      .Layer(block + "self_attention.out_proj", "blocks.#.attn.proj")
      .Layer(block + "ln_2", "blocks.#.norm2")
      .Layer(block + "mlp.0", "blocks.#.mlp.fc1")
      .Layer(block + "mlp.3", "blocks.#.mlp.fc2")
      // before torchvision 0.13
      .Layer(block + "mlp.linear_1", "blocks.#.mlp.fc1")
      .Layer(block + "mlp.linear_2", "blocks.#.mlp.fc2")
      .Layer("encoder.ln", "norm")
      .Layer("heads.head", "head")
      .Take();
}

// In `features` the stem is 0, stages are 1, 3, 5 and 7, and downsampling
// layers are between them.
std::vector<Row> ConvNextRows() {
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
        .Layer(source + "#.block.3", timm + "blocks.#.mlp.fc1",
               TensorLayout::kPointwise)
        .Layer(source + "#.block.5", timm + "blocks.#.mlp.fc2",
               TensorLayout::kPointwise)
        .Add(source + "#.layer_scale", timm + "blocks.#.gamma",
             TensorLayout::kColumn);
  }
  return rows.Layer("classifier.0", "head.norm")
      .Layer("classifier.2", "head.fc")
      .Take();
}

}  // namespace

void AddTorchvision(std::vector<Source>& out) {
  out.push_back({.name = "torchvision ViT",
                 .markers = {"conv_proj.weight", "encoder.pos_embedding"},
                 .rows = VitRows(),
                 .ignored = {},
                 .pretrained_cfg = ImageNetMeanStd(),
                 .naming = Naming::kTorchvision,
                 .exportable = Exportable::kAll});
  out.push_back(
      {.name = "torchvision ConvNeXt",
       .markers = {"features.0.0.weight", "features.1.0.block.0.weight"},
       .rows = ConvNextRows(),
       .ignored = {},
       .pretrained_cfg = ImageNetMeanStd(),
       .naming = Naming::kTorchvision,
       .exportable = Exportable::kAll});
}

}  // namespace wsel::naming
