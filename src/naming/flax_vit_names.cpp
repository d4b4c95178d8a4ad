// Google's JAX checkpoints: the original ViTs and AugReg (vision_transformer),
// and big_vision. Kernels are input-major, and attention weights have a
// separate dimension for heads.
#include <fmt/format.h>

#include "source_table.h"

namespace wsel::naming {
namespace {

// The numbers that Flax appends to the names of a block's layers.
struct Subscripts {
  int attention;
  int mlp;
  int second_norm;
};
constexpr Subscripts kAugReg = {1, 3, 2};
constexpr Subscripts kBigVision = {0, 0, 1};

void AddNorm(Rows& rows, const std::string& source, const std::string& timm) {
  rows.Add(source + "/scale", timm + ".weight")
      .Add(source + "/bias", timm + ".bias");
}

void AddDense(Rows& rows, const std::string& source, const std::string& timm) {
  rows.Add(source + "/kernel", timm + ".weight", TensorLayout::kTransposed)
      .Add(source + "/bias", timm + ".bias");
}

void AddBlock(Rows& rows, const std::string& block, const Subscripts& at) {
  AddNorm(rows, block + "LayerNorm_0", "blocks.#.norm1");
  AddNorm(rows, fmt::format("{}LayerNorm_{}", block, at.second_norm),
          "blocks.#.norm2");
  const std::string attention =
      fmt::format("{}MultiHeadDotProductAttention_{}/", block, at.attention);
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
  const std::string mlp = fmt::format("{}MlpBlock_{}/", block, at.mlp);
  AddDense(rows, mlp + "Dense_0", "blocks.#.mlp.fc1");
  AddDense(rows, mlp + "Dense_1", "blocks.#.mlp.fc2");
}

// `block`: "encoderblock_#/", or "encoderblock/" if all blocks are stacked.
std::vector<Row> FlaxRows(const std::string& prefix, const std::string& block,
                          const Subscripts& at) {
  Rows rows(prefix);
  rows.Add("embedding/kernel", "patch_embed.proj.weight", TensorLayout::kKernel)
      .Add("embedding/bias", "patch_embed.proj.bias")
      .Add("cls", "cls_token")
      .Add("Transformer/posembed_input/pos_embedding", "pos_embed")
      .Add("pos_embedding", "pos_embed");
  AddBlock(rows, "Transformer/" + block, at);
  AddNorm(rows, "Transformer/encoder_norm", "norm");
  AddDense(rows, "head", "head");
  return rows.Take();
}

}  // namespace

void AddFlaxVit(std::vector<Source>& out) {
  struct Kind {
    const char* name;
    const char* block;
    const char* marker;  // within "Transformer/"
    Subscripts at;
  };
  constexpr Kind kKinds[] = {{"AugReg (JAX)", "encoderblock_#/",
                              "encoderblock_0/LayerNorm_2/scale", kAugReg},
                             {"big_vision (JAX)", "encoderblock_#/",
                              "encoderblock_0/LayerNorm_1/scale", kBigVision},
                             {"big_vision (JAX)", "encoderblock/",
                              "encoderblock/LayerNorm_0/scale", kBigVision}};
  for (const std::string prefix :
       {"", "opt/target/", "params/", "params/img/"}) {
    for (const Kind& kind : kKinds) {
      out.push_back(
          {.name = kind.name,
           .markers = {prefix + "embedding/kernel",
                       prefix + "Transformer/" + kind.marker},
           .rows = FlaxRows(prefix, kind.block, kind.at),
           .ignored = {{prefix + "pre_logits/*",
                        "a hidden layer before the head, which timm ignores "
                        "too"},
                       {"opt/*", "optimizer state"},
                       {"params/t", "the temperature of the contrastive loss"},
                       {"params/b", "the bias of the contrastive loss"},
                       {"params/txt/*", "part of the text tower"}},
           .pretrained_cfg = InceptionMeanStd()});
    }
  }
}

}  // namespace wsel::naming
