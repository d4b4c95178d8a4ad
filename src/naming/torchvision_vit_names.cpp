// torchvision.models: vit_*.
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

}  // namespace

void AddTorchvisionVit(std::vector<Source>& out) {
  out.push_back({.name = "torchvision ViT",
                 .markers = {"conv_proj.weight", "encoder.pos_embedding"},
                 .rows = VitRows(),
                 .ignored = {},
                 .pretrained_cfg = ImageNetMeanStd(),
                 .naming = Naming::kTorchvision,
                 .exportable = Exportable::kAll});
}

}  // namespace wsel::naming
