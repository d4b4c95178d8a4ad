#include "vit_pass.h"

#include <ATen/ATen.h>

#include "forward.h"
#include "wsel/nn/activation.h"

namespace wsel::calibrate {

at::Tensor VitPass::Tokens(const at::Tensor& images) const {
  const int64_t stride = config_.patch_size;
  const auto patches = at::conv2d(images, weights_["patch_embed.proj.weight"],
                                  weights_["patch_embed.proj.bias"],
                                  at::IntArrayRef({stride, stride}))
                           .flatten(2)
                           .transpose(1, 2);
  const at::Tensor positions = weights_["pos_embed"];
  const bool after = !config_.no_embed_class;
  std::vector<at::Tensor> parts;
  for (const char* name : {"cls_token", "dist_token", "reg_token"}) {
    const at::Tensor token = weights_[name];
    if (token.defined()) {
      parts.push_back(token.expand({images.size(0), -1, -1}));
    }
  }
  parts.push_back(after ? patches : patches + positions);
  const auto tokens = at::cat(parts, 1);
  return after ? tokens + positions : tokens;
}

at::Tensor VitPass::Embed(const at::Tensor& images) const {
  const auto tokens = Tokens(images);
  return config_.pre_norm ? Norm("norm_pre", tokens) : tokens;
}

at::Tensor VitPass::Norm(const std::string& name, const at::Tensor& x) const {
  return LayerNorm(weights_, name, x, config_.norm_eps);
}

at::Tensor VitPass::Qkv(int64_t block, const at::Tensor& x) const {
  const std::string name = Block(block);
  return Linear(weights_, name + ".attn.qkv", Norm(name + ".norm1", x));
}

at::Tensor VitPass::Fc1(int64_t block, const at::Tensor& x) const {
  const std::string name = Block(block);
  return Linear(weights_, name + ".mlp.fc1", Norm(name + ".norm2", x));
}

AttentionHalf VitPass::Attend(int64_t block, const at::Tensor& x) const {
  const std::string name = Block(block);
  AttentionHalf half;
  half.qkv = Qkv(block, x);
  half.mixed = Attention(half.qkv, config_.num_heads);
  half.out = AddScaled(x, Linear(weights_, name + ".attn.proj", half.mixed),
                       weights_[name + ".ls1.gamma"]);
  return half;
}

MlpHalf VitPass::Mlp(int64_t block, const at::Tensor& x) const {
  const std::string name = Block(block);
  MlpHalf half;
  half.hidden = nn::Activate(config_.activation, Fc1(block, x));
  half.out = AddScaled(x, Linear(weights_, name + ".mlp.fc2", half.hidden),
                       weights_[name + ".ls2.gamma"]);
  return half;
}

std::string VitPass::FinalNorm() const {
  return config_.pooling == model::Pooling::kAverage ? "fc_norm" : "norm";
}

at::Tensor VitPass::FinalNormInput(const at::Tensor& x) const {
  switch (config_.pooling) {
    case model::Pooling::kToken:
      return x.slice(1, 0, config_.dist_token ? 2 : 1);
    case model::Pooling::kAverage:
      return x.slice(1, config_.PrefixTokens()).mean(1, /*keepdim=*/true);
    case model::Pooling::kNormedAverage:
      return x.slice(1, config_.PrefixTokens());
    case model::Pooling::kAttention:
      break;  // RequireSupported refuses it
  }
  return x;
}

std::vector<HeadInput> VitPass::HeadInputs(const at::Tensor& normed) const {
  std::vector<HeadInput> inputs(config_.dist_token ? 2 : 1);
  const bool average = config_.pooling == model::Pooling::kNormedAverage;
  inputs[0].head = "head";
  inputs[0].features = average ? normed.mean(1) : normed.select(1, 0);
  if (config_.dist_token) {
    inputs[1].head = "head_dist";
    inputs[1].features = normed.select(1, 1);
  }
  return inputs;
}

at::Tensor VitPass::Read(const std::string& head,
                         const at::Tensor& features) const {
  return Linear(weights_, head, features);
}

at::Tensor VitPass::Logits(const at::Tensor& x) const {
  if (!weights_.Has("head.weight")) return {};
  const auto inputs = HeadInputs(Norm(FinalNorm(), FinalNormInput(x)));
  const at::Tensor logits = Read("head", inputs[0].features);
  if (inputs.size() == 1) return logits;
  return (logits + Read("head_dist", inputs[1].features)) / 2;
}

}  // namespace wsel::calibrate
