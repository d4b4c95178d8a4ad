// Google's JAX checkpoints: the original ViTs and AugReg (vision_transformer),
// and big_vision. Kernels are input-major, and attention weights have a
// separate dimension for heads.
#include <fmt/format.h>

#include "source_table.h"

namespace wsel::naming {
namespace {

struct Format {
  const char* name;
  const char* block;   // "encoderblock/" if all blocks are stacked
  const char* marker;  // within "Transformer/"
  // The numbers that Flax appends to the names of a block's layers.
  int attention;
  int mlp;
  int second_norm;
};
constexpr Format kFormats[] = {
    {"AugReg (JAX)", "encoderblock_#/", "encoderblock_0/LayerNorm_2/scale",
     /*attention=*/1, /*mlp=*/3, /*second_norm=*/2},
    {"big_vision (JAX)", "encoderblock_#/", "encoderblock_0/LayerNorm_1/scale",
     /*attention=*/0, /*mlp=*/0, /*second_norm=*/1},
    {"big_vision (JAX)", "encoderblock/", "encoderblock/LayerNorm_0/scale",
     /*attention=*/0, /*mlp=*/0, /*second_norm=*/1},
};

void AddNorm(Rows& rows, const std::string& source, const std::string& timm) {
  rows.Add(source + "/scale", timm + ".weight")
      .Add(source + "/bias", timm + ".bias");
}

void AddDense(Rows& rows, const std::string& source, const std::string& timm) {
  rows.Add(source + "/kernel", timm + ".weight", TensorLayout::kTransposed)
      .Add(source + "/bias", timm + ".bias");
}

void AddBlock(Rows& rows, const Format& format) {
  const std::string block = fmt::format("Transformer/{}", format.block);
  AddNorm(rows, block + "LayerNorm_0", "blocks.#.norm1");
  AddNorm(rows, fmt::format("{}LayerNorm_{}", block, format.second_norm),
          "blocks.#.norm2");
  const std::string attention = fmt::format(
      "{}MultiHeadDotProductAttention_{}/", block, format.attention);
  for (const auto& [name, part] :
       {std::pair("query", Part::kQuery), std::pair("key", Part::kKey),
        std::pair("value", Part::kValue)}) {
    rows.Add(attention + name + "/kernel", "blocks.#.attn.qkv.weight",
             TensorLayout::kToHeads, part)
        .Add(attention + name + "/bias", "blocks.#.attn.qkv.bias",
             TensorLayout::kHeadBias, part);
  }
  rows.Add(attention + "out/kernel", "blocks.#.attn.proj.weight",
           TensorLayout::kFromHeads)
      .Add(attention + "out/bias", "blocks.#.attn.proj.bias");
  const std::string mlp = fmt::format("{}MlpBlock_{}/", block, format.mlp);
  AddDense(rows, mlp + "Dense_0", "blocks.#.mlp.fc1");
  AddDense(rows, mlp + "Dense_1", "blocks.#.mlp.fc2");
}

std::vector<Row> FlaxRows(const std::string& prefix, const Format& format) {
  Rows rows(prefix);
  rows.Add("embedding/kernel", "patch_embed.proj.weight", TensorLayout::kKernel)
      .Add("embedding/bias", "patch_embed.proj.bias")
      .Add("cls", "cls_token")
      .Add("Transformer/posembed_input/pos_embedding", "pos_embed")
      .Add("pos_embedding", "pos_embed");
  AddBlock(rows, format);
  AddNorm(rows, "Transformer/encoder_norm", "norm");
  AddDense(rows, "head", "head");
  return rows.Take();
}

}  // namespace

void AddFlaxVit(std::vector<Source>& out) {
  for (const std::string prefix :
       {"", "opt/target/", "params/", "params/img/"}) {
    for (const Format& format : kFormats) {
      out.push_back(
          {.name = format.name,
           .markers = {prefix + "embedding/kernel",
                       prefix + "Transformer/" + format.marker},
           .rows = FlaxRows(prefix, format),
           .ignored = {{prefix + "pre_logits/*", kPreLogits},
                       {"opt/*", "optimizer state"},
                       {"params/t", "the temperature of the contrastive loss"},
                       {"params/b", "the bias of the contrastive loss"},
                       {"params/txt/*", "part of the text tower"}},
           .pretrained_cfg = kInception});
    }
  }
}

}  // namespace wsel::naming
