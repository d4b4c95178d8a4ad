#include "vit_layers.h"

#include <ATen/ATen.h>

namespace wsel::calibrate {

using model::MlpForm;
using model::Qkv;

StackedLayer QkvLayer(const model::VitConfig& c, int64_t block) {
  const std::string attn = VitBlock(block) + ".attn.";
  switch (c.qkv) {
    case Qkv::kFused:
      break;
    case Qkv::kQvBias:
      return {{attn + "qkv.weight"}, {attn + "q_bias", "", attn + "v_bias"}};
    case Qkv::kSeparate: {
      StackedLayer layer{{attn + "q_proj.weight", attn + "k_proj.weight",
                          attn + "v_proj.weight"},
                         {"", "", ""}};
      if (c.qkv_bias) {
        layer.biases = {attn + "q_proj.bias", "", attn + "v_proj.bias"};
      }
      return layer;
    }
  }
  return WholeLayer(attn + "qkv", c.qkv_bias);
}

StackedLayer HiddenLayer(const model::VitConfig& c, int64_t block) {
  const std::string fc1 = VitBlock(block) + ".mlp.fc1";
  if (c.mlp != MlpForm::kSwiGlu) return WholeLayer(fc1, c.proj_bias);
  StackedLayer layer{{fc1 + "_g.weight", fc1 + "_x.weight"}, {"", ""}};
  if (c.proj_bias) layer.biases = {fc1 + "_g.bias", fc1 + "_x.bias"};
  return layer;
}

at::Tensor HiddenRows(const model::VitConfig& c, const at::Tensor& kept) {
  return c.mlp == MlpForm::kMlp ? kept : at::cat({kept, kept + c.MlpHidden()});
}

StackedLayer ParallelLayer(const model::VitConfig& c, int64_t block) {
  return WholeLayer(VitBlock(block) + ".in_proj", c.qkv_bias);
}

WriterColumns AttentionColumns(const model::VitConfig& c, int64_t block) {
  const std::string name = VitBlock(block);
  if (!IsParallel(c)) return {name + ".attn.proj", 0, c.embed_dim};
  return {name + (c.diff_attn ? ".out_proj" : ".attn_out_proj"), 0,
          c.embed_dim};
}

WriterColumns HiddenColumns(const model::VitConfig& c, int64_t block) {
  const std::string name = VitBlock(block);
  if (!IsParallel(c)) return {name + ".mlp.fc2", 0, c.MlpHidden()};
  if (c.diff_attn) return {name + ".out_proj", c.embed_dim, c.MlpHidden()};
  return {name + ".mlp_out_proj", 0, c.MlpHidden()};
}

std::string AttentionScale(const model::VitConfig& c, int64_t block) {
  const std::string name = VitBlock(block);
  if (IsParallel(c)) return name + ".ls.gamma";
  return name + (c.IsEva() ? ".gamma_1" : ".ls1.gamma");
}

std::string HiddenScale(const model::VitConfig& c, int64_t block) {
  const std::string name = VitBlock(block);
  if (IsParallel(c)) return name + ".ls.gamma";
  return name + (c.IsEva() ? ".gamma_2" : ".ls2.gamma");
}

std::string HeadPrefix(const model::VitConfig& c, int64_t block) {
  return VitBlock(block) + (IsParallel(c) ? "." : ".attn.");
}

}  // namespace wsel::calibrate
