// The Vision Transformer (Dosovitskiy et al. 2021) with the extensions listed
// in VitConfig. Shapes: B images, N tokens (prefix tokens, then the patch grid
// row by row), width D. Members are named and ordered as in timm's state_dict;
// those that a config does not have are null.
#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>

#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "attention_pool.h"
#include "layers.h"
#include "networks.h"
#include "vit_block.h"
#include "wsel/core/error.h"
#include "wsel/nn/norm.h"
#include "wsel/nn/rotary.h"
#include "wsel/tensor/spec.h"

namespace wsel::nn {
namespace {

// [B, in_chans, H, W] -> [B, patches, D]
class PatchEmbedImpl : public torch::nn::Module {
 public:
  explicit PatchEmbedImpl(const model::VitConfig& c) {
    proj = register_module("proj", Conv2d(Conv2dShape{.in = c.in_chans,
                                                      .out = c.embed_dim,
                                                      .kernel = c.patch_size,
                                                      .stride = c.patch_size,
                                                      .bias = !c.pre_norm}));
    if (c.embed_norm) {
      norm = register_module("norm", Norm(c.embed_dim, c.norm_eps, c.norm));
    }
  }
  at::Tensor forward(const at::Tensor& x) {
    const auto patches = proj->forward(x).flatten(2).transpose(1, 2);
    return norm ? norm->forward(patches) : patches;
  }

  Conv2d proj = nullptr;
  Norm norm = nullptr;
};
TORCH_MODULE(PatchEmbed);

// Images are [B, in_chans, img_size, img_size]. With a distillation token the
// logits are the mean of the two heads', as in timm unless it is distilling.
// Errors: kMismatch for images of a different size or number of channels.
class Vit : public Network {
 public:
  explicit Vit(const model::VitConfig& c) : config_(c) {
    const int64_t d = c.embed_dim;
    const auto token = [&](const char* name, int64_t count) {
      return register_parameter(name, at::empty({1, count, d}));
    };
    const int64_t patches = c.Patches();
    if (c.class_token) cls_token = token("cls_token", 1);
    if (c.reg_tokens > 0) reg_token = token("reg_token", c.reg_tokens);
    if (c.pos_embed) {
      pos_embed = token(
          "pos_embed", c.no_embed_class ? patches : patches + c.PrefixTokens());
    }
    if (c.dist_token) dist_token = token("dist_token", 1);

    const auto layer_norm = [&](const char* name) {
      return register_module(name, Norm(d, c.norm_eps, c.norm));
    };
    patch_embed = register_module("patch_embed", PatchEmbed(c));
    if (c.rope != model::Rope::kNone) rope = register_module("rope", Rotary(c));
    if (c.pre_norm) norm_pre = layer_norm("norm_pre");
    auto list = register_module("blocks", torch::nn::ModuleList());
    for (int64_t i = 0; i < c.depth; ++i) {
      blocks.push_back(MakeVitBlock(c, i));
      list->push_back(blocks.back());
    }
    RegisterPooling(c);
    if (c.num_classes == 0) return;
    head = register_module("head", Linear(d, c.num_classes));
    if (c.dist_token) {
      head_dist = register_module("head_dist", Linear(d, c.num_classes));
    }
  }

  at::Tensor forward_features(const at::Tensor& images,
                              const at::Tensor& drop_path_scales) override {
    const auto x = RunBlocks(images, drop_path_scales);
    return norm ? norm->forward(x) : x;
  }

  at::Tensor forward_head(const at::Tensor& tokens) override {
    if (config_.dist_token) {
      const auto [logits, dist_logits] = BothHeads(tokens);
      return (logits + dist_logits) / 2;
    }
    const auto pooled =
        attn_pool ? attn_pool->forward(PooledTokens(tokens)) : Pool(tokens);
    const auto normed = fc_norm ? fc_norm->forward(pooled) : pooled;
    return head ? head->forward(normed) : normed;
  }

  Outputs forward_outputs(const at::Tensor& images,
                          const at::Tensor& drop_path_scales) override {
    const auto x = RunBlocks(images, drop_path_scales);
    const auto tokens = norm ? norm->forward(x) : x;
    Outputs outputs;
    outputs.feature = Pool(x);
    if (config_.dist_token) {
      std::tie(outputs.logits, outputs.dist_logits) = BothHeads(tokens);
    } else {
      outputs.logits = forward_head(tokens);
    }
    return outputs;
  }

  void visit_blocks(const at::Tensor& images, const BlockHook& hook) override {
    RunBlocks(images, /*drop_path_scales=*/{}, hook);
  }

  at::Tensor cls_token;   // [1, 1, D]
  at::Tensor reg_token;   // [1, registers, D]
  at::Tensor pos_embed;   // [1, N, D], or without the prefix tokens; or none
  at::Tensor dist_token;  // [1, 1, D]
  PatchEmbed patch_embed = nullptr;
  Rotary rope = nullptr;
  Norm norm_pre = nullptr;
  std::vector<std::shared_ptr<VitBlock>> blocks;
  Norm norm = nullptr;
  AttentionPool attn_pool = nullptr;
  Norm fc_norm = nullptr;
  Linear head = nullptr;
  Linear head_dist = nullptr;

 private:
  // The final norm, before or after pooling, and attention pooling.
  void RegisterPooling(const model::VitConfig& c) {
    const bool after = c.pooling == model::Pooling::kAverage;
    const auto layer_norm = [&](const char* name) {
      return register_module(name, Norm(c.embed_dim, c.norm_eps, c.norm));
    };
    if (c.final_norm && !after) norm = layer_norm("norm");
    if (c.pooling == model::Pooling::kAttention) {
      attn_pool = register_module("attn_pool", AttentionPool(c));
    }
    if (c.final_norm && after) fc_norm = layer_norm("fc_norm");
  }

  void CheckImages(const at::Tensor& images) const {
    const int64_t size = config_.img_size;
    const int64_t channels = config_.in_chans;
    if (images.dim() == 4 &&
        images.sizes().slice(1) == at::IntArrayRef({channels, size, size})) {
      return;
    }
    throw Error(ErrorKind::kMismatch, config_.name,
                "expects images [B, {}, {}, {}], not {}", channels, size, size,
                FormatShape(images.sizes().vec()));
  }

  // Class, distillation and register tokens, then patches: [B, N, D].
  at::Tensor WithPrefix(const at::Tensor& patches) {
    std::vector<at::Tensor> parts;
    for (const at::Tensor& token : {cls_token, dist_token, reg_token}) {
      if (token.defined()) {
        parts.push_back(token.expand({patches.size(0), -1, -1}));
      }
    }
    parts.push_back(patches);
    return at::cat(parts, 1);
  }

  at::Tensor Embed(const at::Tensor& images) {
    const auto patches = patch_embed->forward(images);
    if (!pos_embed.defined()) return WithPrefix(patches);
    if (config_.no_embed_class) return WithPrefix(patches + pos_embed);
    return WithPrefix(patches) + pos_embed;
  }

  // All tokens [B, N, D] of the last block, before the final norm.
  at::Tensor RunBlocks(const at::Tensor& images,
                       const at::Tensor& drop_path_scales,
                       const BlockHook& hook = nullptr) {
    CheckImages(images);
    auto x = Embed(images);
    if (norm_pre) x = norm_pre->forward(x);
    if (hook) hook(x);
    RotaryImpl::Rotations rotations;
    if (rope) rotations = rope->forward();
    const int64_t branches =
        config_.block == model::BlockForm::kParallel ? 1 : 2;
    for (size_t i = 0; i < blocks.size(); ++i) {
      const auto block = static_cast<int64_t>(i);
      Rotation rotation;
      if (rope) rotation = rotations.Of(block);
      x = blocks[i]->forward(
          x, rope ? &rotation : nullptr,
          drop_path_scales.defined()
              ? drop_path_scales.slice(0, branches * block,
                                       branches * (block + 1))
              : drop_path_scales);
      if (hook) hook(x);
    }
    return x;
  }

  // Those that average and attention pooling take.
  at::Tensor PooledTokens(const at::Tensor& tokens) const {
    return config_.pool_include_prefix
               ? tokens
               : tokens.slice(1, config_.PrefixTokens());
  }

  // [B, N, D] -> [B, D]; the mean in place of attention pooling.
  at::Tensor Pool(const at::Tensor& tokens) const {
    return config_.pooling == model::Pooling::kToken
               ? tokens.select(1, 0)
               : PooledTokens(tokens).mean(1);
  }

  // Tokens -> the logits of `head` on the class token and of `head_dist` on the
  // distillation token.
  std::pair<at::Tensor, at::Tensor> BothHeads(const at::Tensor& tokens) {
    const auto class_token = tokens.select(1, 0);
    const auto distillation_token = tokens.select(1, 1);
    if (!head) return {class_token, distillation_token};
    return {head->forward(class_token), head_dist->forward(distillation_token)};
  }

  model::VitConfig config_;
};

}  // namespace

std::shared_ptr<Network> MakeNetwork(const model::VitConfig& config) {
  return std::make_shared<Vit>(config);
}

}  // namespace wsel::nn
