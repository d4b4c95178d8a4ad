#include "vit.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <tuple>

#include "networks.h"
#include "wsel/core/error.h"
#include "wsel/kernels/attention_branch.h"
#include "wsel/kernels/mlp_branch.h"
#include "wsel/tensor/spec.h"

namespace wsel::nn {

AttentionImpl::AttentionImpl(const model::VitConfig& c) : heads_(c.num_heads) {
  qkv =
      register_module("qkv", Linear(c.embed_dim, 3 * c.embed_dim, c.qkv_bias));
  proj = register_module("proj", Linear(c.embed_dim, c.embed_dim));
}

MlpImpl::MlpImpl(const model::VitConfig& c) : activation_(c.activation) {
  fc1 = register_module("fc1", Linear(c.embed_dim, c.MlpHidden()));
  fc2 = register_module("fc2", Linear(c.MlpHidden(), c.embed_dim));
}

LayerScaleImpl::LayerScaleImpl(int64_t width) {
  gamma = register_parameter("gamma", at::empty({width}));
}

VitBlockImpl::VitBlockImpl(const model::VitConfig& c) {
  const bool scaled = c.layer_scale > 0;
  norm1 = register_module("norm1", LayerNorm(c.embed_dim, c.norm_eps));
  attn = register_module("attn", Attention(c));
  if (scaled) ls1 = register_module("ls1", LayerScale(c.embed_dim));
  norm2 = register_module("norm2", LayerNorm(c.embed_dim, c.norm_eps));
  mlp = register_module("mlp", Mlp(c));
  if (scaled) ls2 = register_module("ls2", LayerScale(c.embed_dim));
}

at::Tensor VitBlockImpl::forward(at::Tensor x, const at::Tensor& scales) {
  const auto scale = [&](int64_t branch) {
    return scales.defined() ? scales[branch] : at::Tensor();
  };
  const auto gamma = [](const LayerScale& layer) {
    return layer ? layer->gamma : at::Tensor();
  };
  x = kernels::AddAttentionBranch(
      x,
      {norm1->weight, norm1->bias, norm1->eps(), attn->heads(),
       attn->qkv->weight, attn->qkv->bias, attn->proj->weight, attn->proj->bias,
       gamma(ls1)},
      scale(0));
  return kernels::AddMlpBranch(
      x, x,
      {norm2->weight, norm2->bias, norm2->eps(),
       mlp->activation() == model::Activation::kQuickGelu, mlp->fc1->weight,
       mlp->fc1->bias, mlp->fc2->weight, mlp->fc2->bias, gamma(ls2)},
      scale(1));
}

PatchEmbedImpl::PatchEmbedImpl(const model::VitConfig& c) {
  proj = register_module("proj", Conv2d(Conv2dShape{.in = 3,
                                                    .out = c.embed_dim,
                                                    .kernel = c.patch_size,
                                                    .stride = c.patch_size,
                                                    .bias = !c.pre_norm}));
}

at::Tensor PatchEmbedImpl::forward(const at::Tensor& x) {
  return proj->forward(x).flatten(2).transpose(1, 2);  // [B, patches, D]
}

VitImpl::VitImpl(const model::VitConfig& c) : config_(c) {
  const int64_t d = c.embed_dim;
  const auto token = [&](const char* name, int64_t count) {
    return register_parameter(name, at::empty({1, count, d}));
  };
  const int64_t patches = c.GridSize() * c.GridSize();
  if (c.class_token) cls_token = token("cls_token", 1);
  if (c.reg_tokens > 0) reg_token = token("reg_token", c.reg_tokens);
  pos_embed = token("pos_embed",
                    c.no_embed_class ? patches : patches + c.PrefixTokens());
  if (c.dist_token) dist_token = token("dist_token", 1);

  patch_embed = register_module("patch_embed", PatchEmbed(c));
  if (c.pre_norm) {
    norm_pre = register_module("norm_pre", LayerNorm(d, c.norm_eps));
  }
  blocks = register_module("blocks", torch::nn::ModuleList());
  for (int64_t i = 0; i < c.depth; ++i) {
    typed_blocks_.emplace_back(c);
    blocks->push_back(typed_blocks_.back());
  }
  if (c.pooling == model::Pooling::kAverage) {
    fc_norm = register_module("fc_norm", LayerNorm(d, c.norm_eps));
  } else {
    norm = register_module("norm", LayerNorm(d, c.norm_eps));
  }
  if (c.num_classes == 0) return;
  head = register_module("head", Linear(d, c.num_classes));
  if (c.dist_token) {
    head_dist = register_module("head_dist", Linear(d, c.num_classes));
  }
}

void VitImpl::CheckImages(const at::Tensor& images) const {
  const int64_t size = config_.img_size;
  if (images.dim() == 4 && images.size(1) == 3 && images.size(2) == size &&
      images.size(3) == size) {
    return;
  }
  throw Error(ErrorKind::kMismatch, config_.name,
              fmt::format("expects images [B, 3, {}, {}], not {}", size, size,
                          FormatShape(images.sizes().vec())));
}

// Class, distillation and register tokens, then patches: [B, N, D].
at::Tensor VitImpl::WithPrefix(const at::Tensor& patches) {
  std::vector<at::Tensor> parts;
  for (const at::Tensor& token : {cls_token, dist_token, reg_token}) {
    if (token.defined()) {
      parts.push_back(token.expand({patches.size(0), -1, -1}));
    }
  }
  parts.push_back(patches);
  return at::cat(parts, 1);
}

at::Tensor VitImpl::Embed(const at::Tensor& images) {
  const auto patches = patch_embed->forward(images);
  if (config_.no_embed_class) return WithPrefix(patches + pos_embed);
  return WithPrefix(patches) + pos_embed;
}

// All tokens [B, N, D] of the last block, before the final norm.
at::Tensor VitImpl::RunBlocks(const at::Tensor& images,
                              const at::Tensor& drop_path_scales,
                              const BlockHook& hook) {
  CheckImages(images);
  auto x = Embed(images);
  if (norm_pre) x = norm_pre->forward(x);
  if (hook) hook(x);
  for (size_t i = 0; i < typed_blocks_.size(); ++i) {
    const auto first = static_cast<int64_t>(2 * i);
    x = typed_blocks_[i]->forward(
        x, drop_path_scales.defined()
               ? drop_path_scales.slice(0, first, first + 2)
               : drop_path_scales);
    if (hook) hook(x);
  }
  return x;
}

at::Tensor VitImpl::forward_features(const at::Tensor& images,
                                     const at::Tensor& drop_path_scales) {
  const auto x = RunBlocks(images, drop_path_scales);
  return norm ? norm->forward(x) : x;
}

// [B, N, D] -> [B, D]
at::Tensor VitImpl::Pool(const at::Tensor& tokens) {
  if (config_.pooling == model::Pooling::kToken) return tokens.select(1, 0);
  const auto mean = tokens.slice(1, config_.PrefixTokens()).mean(1);
  return fc_norm ? fc_norm->forward(mean) : mean;
}

std::pair<at::Tensor, at::Tensor> VitImpl::forward_heads(
    const at::Tensor& tokens) {
  const auto class_token = tokens.select(1, 0);
  const auto distillation_token = tokens.select(1, 1);
  if (!head) return {class_token, distillation_token};
  return {head->forward(class_token), head_dist->forward(distillation_token)};
}

at::Tensor VitImpl::forward_head(const at::Tensor& tokens) {
  if (config_.dist_token) {
    const auto [logits, dist_logits] = forward_heads(tokens);
    return (logits + dist_logits) / 2;
  }
  const auto pooled = Pool(tokens);
  return head ? head->forward(pooled) : pooled;
}

Outputs VitImpl::forward_outputs(const at::Tensor& images,
                                 const at::Tensor& drop_path_scales) {
  const auto x = RunBlocks(images, drop_path_scales);
  const auto tokens = norm ? norm->forward(x) : x;
  Outputs outputs;
  outputs.feature = config_.pooling == model::Pooling::kToken
                        ? x.select(1, 0)
                        : x.slice(1, config_.PrefixTokens()).mean(1);
  if (config_.dist_token) {
    std::tie(outputs.logits, outputs.dist_logits) = forward_heads(tokens);
  } else {
    outputs.logits = forward_head(tokens);
  }
  return outputs;
}

void VitImpl::visit_blocks(const at::Tensor& images, const BlockHook& hook) {
  RunBlocks(images, /*drop_path_scales=*/{}, hook);
}

std::shared_ptr<Network> MakeNetwork(const model::VitConfig& config) {
  return std::make_shared<VitImpl>(config);
}

}  // namespace wsel::nn
