#include "vit_pass.h"

#include <ATen/ATen.h>

#include "forward.h"
#include "wsel/nn/activation.h"
#include "wsel/nn/gated.h"
#include "wsel/nn/head_attention.h"
#include "wsel/nn/norm.h"
#include "wsel/nn/pool_attention.h"

namespace wsel::calibrate {

VitPass::VitPass(const model::VitConfig& config, const Weights& weights)
    : config_(config), weights_(weights) {
  if (config.rope != model::Rope::kNone) rope_ = nn::Rotary(config);
}

at::Tensor VitPass::Patches(const at::Tensor& images) const {
  const int64_t stride = config_.patch_size;
  return at::conv2d(images, weights_["patch_embed.proj.weight"],
                    weights_["patch_embed.proj.bias"],
                    at::IntArrayRef({stride, stride}))
      .flatten(2)
      .transpose(1, 2);
}

at::Tensor VitPass::Tokens(const at::Tensor& images) const {
  at::Tensor patches = Patches(images);
  if (config_.embed_norm) patches = Norm("patch_embed.norm", patches);
  const at::Tensor positions = weights_["pos_embed"];
  const bool after = !config_.no_embed_class;
  std::vector<at::Tensor> parts;
  for (const char* name : {"cls_token", "dist_token", "reg_token"}) {
    const at::Tensor token = weights_[name];
    if (token.defined()) {
      parts.push_back(token.expand({images.size(0), -1, -1}));
    }
  }
  if (!config_.pos_embed) {
    parts.push_back(patches);
    return at::cat(parts, 1);
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
  return nn::Norm(weights_[name + ".weight"], weights_[name + ".bias"],
                  config_.norm_eps, config_.norm)
      ->forward(x);
}

at::Tensor VitPass::PlainNorm(const at::Tensor& x) const {
  return nn::Norm(at::ones({x.size(-1)}, x.options()), at::Tensor(),
                  config_.norm_eps, config_.norm)
      ->forward(x);
}

at::Tensor VitPass::AttentionInput(int64_t block, const at::Tensor& x) const {
  return IsPostNorm(config_) ? x : Norm(Block(block) + ".norm1", x);
}

at::Tensor VitPass::HiddenInput(int64_t block, const at::Tensor& x) const {
  return IsPostNorm(config_) ? x : Norm(Block(block) + ".norm2", x);
}

at::Tensor VitPass::Qkv(int64_t block, const at::Tensor& x) const {
  return Linear(weights_, QkvLayer(config_, block), AttentionInput(block, x));
}

at::Tensor VitPass::BeforeHidden(int64_t block, const at::Tensor& x) const {
  return Linear(weights_, HiddenLayer(config_, block), HiddenInput(block, x));
}

nn::Rotation VitPass::RotationOf(int64_t block) const {
  if (config_.rope != model::Rope::kMixed) return rope_->forward().Of(block);
  // Of only this block, rather than of all blocks in each of them.
  return rope_->Of(weights_["rope.freqs"].narrow(1, block, 1)).Of(0);
}

at::Tensor VitPass::Mix(int64_t block, const at::Tensor& qkv) const {
  const std::string prefix = HeadPrefix(config_, block);
  auto attention = nn::HeadAttentionOf(
      config_, block,
      [&](const std::string& name) { return weights_[prefix + name]; });
  nn::Rotation rotation;
  if (rope_) rotation = RotationOf(block);
  const auto thirds = qkv.chunk(3, -1);
  const auto mixed = attention.Attend(thirds[0], thirds[1], thirds[2],
                                      rope_ ? &rotation : nullptr);
  return config_.scale_attn_norm ? Norm(prefix + "norm", mixed) : mixed;
}

at::Tensor VitPass::Hidden(int64_t block, const at::Tensor& before) const {
  at::Tensor hidden;
  if (config_.mlp == model::MlpForm::kMlp) {
    hidden = nn::Activate(config_.activation, before);
  } else {
    const auto halves = before.chunk(2, -1);
    hidden = nn::Gated(halves[0], halves[1]);
  }
  return config_.scale_mlp_norm ? Norm(Block(block) + ".mlp.norm", hidden)
                                : hidden;
}

at::Tensor VitPass::AttentionBranch(int64_t block,
                                    const at::Tensor& mixed) const {
  return Linear(weights_, AttentionColumns(config_, block).layer, mixed);
}

at::Tensor VitPass::HiddenBranch(int64_t block,
                                 const at::Tensor& hidden) const {
  return Linear(weights_, HiddenColumns(config_, block).layer, hidden);
}

at::Tensor VitPass::Added(const std::string& norm, const std::string& gamma,
                          const at::Tensor& x, const at::Tensor& branch) const {
  return AddScaled(x, IsPostNorm(config_) ? Norm(norm, branch) : branch,
                   weights_[gamma]);
}

AttentionHalf VitPass::Attend(int64_t block, const at::Tensor& x) const {
  AttentionHalf half;
  half.qkv = Qkv(block, x);
  half.mixed = Mix(block, half.qkv);
  half.out = Added(Block(block) + ".norm1", AttentionScale(config_, block), x,
                   AttentionBranch(block, half.mixed));
  return half;
}

MlpHalf VitPass::Mlp(int64_t block, const at::Tensor& x) const {
  MlpHalf half;
  half.hidden = Hidden(block, BeforeHidden(block, x));
  half.out = Added(Block(block) + ".norm2", HiddenScale(config_, block), x,
                   HiddenBranch(block, half.hidden));
  return half;
}

ParallelBlock VitPass::Parallel(int64_t block, const at::Tensor& x) const {
  ParallelBlock parts;
  const std::string name = Block(block);
  parts.inner = Linear(weights_, ParallelLayer(config_, block),
                       Norm(name + ".in_norm", x));
  const int64_t hidden = config_.MlpHidden();
  const auto inner =
      parts.inner.split_with_sizes({hidden, parts.inner.size(-1) - hidden}, -1);
  const at::Tensor bias = weights_[name + ".mlp_bias"];
  parts.hidden = nn::Activate(config_.activation,
                              bias.defined() ? inner[0] + bias : inner[0]);
  parts.mixed = Mix(block, inner[1]);
  const auto branch = config_.diff_attn
                          ? Linear(weights_, name + ".out_proj",
                                   at::cat({parts.mixed, parts.hidden}, -1))
                          : AttentionBranch(block, parts.mixed) +
                                HiddenBranch(block, parts.hidden);
  parts.out = AddScaled(x, branch, weights_[AttentionScale(config_, block)]);
  return parts;
}

at::Tensor VitPass::Forward(int64_t block, const at::Tensor& x) const {
  if (IsParallel(config_)) return Parallel(block, x).out;
  return Mlp(block, Attend(block, x).out).out;
}

std::string VitPass::FinalNorm() const {
  return config_.pooling == model::Pooling::kAverage ? "fc_norm" : "norm";
}

at::Tensor VitPass::FinalNormInput(const at::Tensor& x) const {
  if (config_.pooling == model::Pooling::kToken) {
    return x.slice(1, 0, config_.dist_token ? 2 : 1);
  }
  const auto pooled =
      config_.pool_include_prefix ? x : x.slice(1, config_.PrefixTokens());
  return config_.pooling == model::Pooling::kAverage
             ? pooled.mean(1, /*keepdim=*/true)
             : pooled;
}

at::Tensor VitPass::FinalNormed(const at::Tensor& rows) const {
  return config_.final_norm ? Norm(FinalNorm(), rows) : rows;
}

PooledByAttention VitPass::PoolByAttention(const at::Tensor& normed) const {
  const std::string name = "attn_pool.";
  PooledByAttention steps;
  steps.query = Linear(weights_, name + "q", weights_[name + "latent"]);
  steps.kv = Linear(weights_, name + "kv", normed);
  steps.attended =
      nn::AttendLatent(steps.query, steps.kv, config_.AttnPoolHeads());
  steps.pooled = Linear(weights_, name + "proj", steps.attended);
  steps.normed = Norm(name + "norm", steps.pooled);
  steps.before = Linear(weights_, name + "mlp.fc1", steps.normed);
  steps.hidden = nn::Activate(config_.activation, steps.before);
  steps.added = Linear(weights_, name + "mlp.fc2", steps.hidden);
  return steps;
}

std::vector<at::Tensor> VitPass::HeadInputs(const at::Tensor& normed) const {
  std::vector<at::Tensor> inputs(config_.dist_token ? 2 : 1);
  switch (config_.pooling) {
    case model::Pooling::kToken:
    case model::Pooling::kAverage:
      inputs[0] = normed.select(1, 0);
      break;
    case model::Pooling::kNormedAverage:
      inputs[0] = normed.mean(1);
      break;
    case model::Pooling::kAttention: {
      const PooledByAttention steps = PoolByAttention(normed);
      inputs[0] = steps.pooled + steps.added;
      break;
    }
  }
  if (config_.dist_token) inputs[1] = normed.select(1, 1);
  return inputs;
}

at::Tensor VitPass::Read(const std::string& head,
                         const at::Tensor& features) const {
  return Linear(weights_, head, features);
}

at::Tensor VitPass::Logits(const at::Tensor& x) const {
  if (!weights_.Has("head.weight")) return {};
  const auto inputs = HeadInputs(FinalNormed(FinalNormInput(x)));
  at::Tensor logits = Read("head", inputs[0]);
  if (inputs.size() == 1) return logits;
  return (logits + Read("head_dist", inputs[1])) / 2;
}

}  // namespace wsel::calibrate
