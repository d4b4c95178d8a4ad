#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>

#include <utility>
#include <vector>

#include "wsel/model/config.h"
#include "wsel/model/layers.h"
#include "wsel/model/outputs.h"

namespace wsel::model {

// The Vision Transformer (Dosovitskiy et al. 2021) with the additions that
// VitConfig names. Shapes: B images, N tokens (prefix tokens, then the patch
// grid row by row), width D. Members are called and ordered as in timm's
// state_dict; members that a config lacks are null.

// The parameters of multi-head self-attention; AddAttentionBranch computes it.
class AttentionImpl : public torch::nn::Module {
 public:
  explicit AttentionImpl(const VitConfig& config);

  int64_t heads() const { return heads_; }

  Linear qkv = nullptr;
  Linear proj = nullptr;

 private:
  int64_t heads_;
};
TORCH_MODULE(Attention);

// The parameters of a block's MLP; AddMlpBranch computes it.
class MlpImpl : public torch::nn::Module {
 public:
  explicit MlpImpl(const VitConfig& config);

  Activation activation() const { return activation_; }

  Linear fc1 = nullptr;
  Linear fc2 = nullptr;

 private:
  Activation activation_;
};
TORCH_MODULE(Mlp);

// Multiplies a branch (Touvron et al. 2021, "Going deeper with Image
// Transformers"); AddBranch does it.
class LayerScaleImpl : public torch::nn::Module {
 public:
  explicit LayerScaleImpl(int64_t width);

  at::Tensor gamma;  // [D]
};
TORCH_MODULE(LayerScale);

class VitBlockImpl : public torch::nn::Module {
 public:
  explicit VitBlockImpl(const VitConfig& config);
  // `scales` [2, B]: drop path of attention and MLP; or undefined.
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
  explicit PatchEmbedImpl(const VitConfig& config);
  at::Tensor forward(const at::Tensor& x);

  Conv2d proj = nullptr;
};
TORCH_MODULE(PatchEmbed);

class VitImpl : public torch::nn::Module {
 public:
  // `config` passes Validate.
  explicit VitImpl(const VitConfig& config);

  // Images [B, 3, img_size, img_size] -> logits [B, classes]; without classes
  // the pooled features [B, D]. A distilled model's logits are the mean of its
  // two heads', as timm's are unless it distils. `branch_scales`: see build.h.
  // Errors: kMismatch for images of another size.
  at::Tensor forward(const at::Tensor& images,
                     const at::Tensor& branch_scales = {});

  // Images -> all tokens [B, N, D] of the last block, after `norm` where the
  // model has it (it has not under Pooling::kAverage).
  at::Tensor forward_features(const at::Tensor& images,
                              const at::Tensor& branch_scales = {});

  // Tokens [B, N, D], as forward_features gives them -> logits.
  at::Tensor forward_head(const at::Tensor& tokens);

  // Images -> what outputs.h says.
  Outputs forward_outputs(const at::Tensor& images,
                          const at::Tensor& branch_scales = {});

  // Images -> what outputs.h says, to `see`.
  void visit_blocks(const at::Tensor& images, const SeeBlock& see);

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
                       const at::Tensor& branch_scales,
                       const SeeBlock& see = nullptr);
  at::Tensor WithPrefix(const at::Tensor& patches);
  at::Tensor Pool(const at::Tensor& tokens);
  void CheckImages(const at::Tensor& images) const;

  VitConfig config_;
  std::vector<VitBlock> chain_;  // `blocks`, typed
};
TORCH_MODULE(Vit);

}  // namespace wsel::model
