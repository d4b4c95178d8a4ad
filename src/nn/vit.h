#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>

#include <utility>
#include <vector>

#include "layers.h"
#include "wsel/model/config.h"
#include "wsel/nn/network.h"

namespace wsel::nn {

// The Vision Transformer (Dosovitskiy et al. 2021) with the extensions listed
// in VitConfig. Shapes: B images, N tokens (prefix tokens, then the patch grid
// row by row), width D. Members are named and ordered as in timm's state_dict;
// those that a config does not have are null.

// The parameters of multi-head self-attention; computed by AddAttentionBranch.
class AttentionImpl : public torch::nn::Module {
 public:
  explicit AttentionImpl(const model::VitConfig& config);

  int64_t heads() const { return heads_; }

  Linear qkv = nullptr;
  Linear proj = nullptr;

 private:
  int64_t heads_;
};
TORCH_MODULE(Attention);

// The parameters of a block's MLP; computed by AddMlpBranch.
class MlpImpl : public torch::nn::Module {
 public:
  explicit MlpImpl(const model::VitConfig& config);

  model::Activation activation() const { return activation_; }

  Linear fc1 = nullptr;
  Linear fc2 = nullptr;

 private:
  model::Activation activation_;
};
TORCH_MODULE(Mlp);

// Scales a residual branch per channel (Touvron et al. 2021, "Going deeper with
// Image Transformers"); applied by AddBranch.
class LayerScaleImpl : public torch::nn::Module {
 public:
  explicit LayerScaleImpl(int64_t width);

  at::Tensor gamma;  // [D]
};
TORCH_MODULE(LayerScale);

class VitBlockImpl : public torch::nn::Module {
 public:
  explicit VitBlockImpl(const model::VitConfig& config);
  // `scales` [2, B]: drop path factors of attention and MLP, or undefined.
  at::Tensor forward(at::Tensor x, const at::Tensor& scales = {});

  LayerNorm norm1 = nullptr;
  Attention attn = nullptr;
  LayerScale ls1 = nullptr;
  LayerNorm norm2 = nullptr;
  Mlp mlp = nullptr;
  LayerScale ls2 = nullptr;
};
TORCH_MODULE(VitBlock);

// [B, 3, H, W] -> [B, patches, D]
class PatchEmbedImpl : public torch::nn::Module {
 public:
  explicit PatchEmbedImpl(const model::VitConfig& config);
  at::Tensor forward(const at::Tensor& x);

  Conv2d proj = nullptr;
};
TORCH_MODULE(PatchEmbed);

class VitImpl : public Network {
 public:
  // `config` must pass Validate.
  explicit VitImpl(const model::VitConfig& config);

  // Of network.h. Images are [B, 3, img_size, img_size]. With a distillation
  // token the logits are the mean of the two heads', as in timm unless it is
  // distilling. Errors: kMismatch for images of a different size.
  at::Tensor forward_features(const at::Tensor& images,
                              const at::Tensor& drop_path_scales) override;
  at::Tensor forward_head(const at::Tensor& tokens) override;
  Outputs forward_outputs(const at::Tensor& images,
                          const at::Tensor& drop_path_scales) override;
  void visit_blocks(const at::Tensor& images, const BlockHook& hook) override;

  // Tokens -> the logits of `head` on the class token and of `head_dist` on the
  // distillation token. Only for a config with dist_token.
  std::pair<at::Tensor, at::Tensor> forward_heads(const at::Tensor& tokens);

  at::Tensor cls_token;   // [1, 1, D]
  at::Tensor reg_token;   // [1, registers, D]
  at::Tensor pos_embed;   // [1, N, D], or without the prefix tokens
  at::Tensor dist_token;  // [1, 1, D]
  PatchEmbed patch_embed = nullptr;
  LayerNorm norm_pre = nullptr;
  torch::nn::ModuleList blocks = nullptr;
  LayerNorm norm = nullptr;
  LayerNorm fc_norm = nullptr;
  Linear head = nullptr;
  Linear head_dist = nullptr;

 private:
  at::Tensor Embed(const at::Tensor& images);
  at::Tensor RunBlocks(const at::Tensor& images,
                       const at::Tensor& drop_path_scales,
                       const BlockHook& hook = nullptr);
  at::Tensor WithPrefix(const at::Tensor& patches);
  at::Tensor Pool(const at::Tensor& tokens);
  void CheckImages(const at::Tensor& images) const;

  model::VitConfig config_;
  std::vector<VitBlock> typed_blocks_;  // the elements of `blocks`
};

}  // namespace wsel::nn
