#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <string>

#include "layers.h"
#include "wsel/model/vit_config.h"
#include "wsel/nn/head_attention.h"
#include "wsel/nn/norm.h"
#include "wsel/nn/rotary.h"

namespace wsel::nn {

// The parameters of a block's HeadAttention, registered in `owner` in timm's
// order: RegisterLambdas before, RegisterHeadNorms after the layer that makes
// q, k and v.
void RegisterLambdas(const model::VitConfig& c, torch::nn::Module& owner,
                     HeadAttention& out);
void RegisterHeadNorms(const model::VitConfig& c, torch::nn::Module& owner,
                       HeadAttention& out);
void RegisterSubNorm(const model::VitConfig& c, torch::nn::Module& owner,
                     HeadAttention& out);

// Multi-head self-attention (Vaswani et al. 2017) in the forms of VitConfig, as
// timm's Attention, DiffAttention, EvaAttention and AttentionRope.
class AttentionImpl : public torch::nn::Module {
 public:
  AttentionImpl(const model::VitConfig& c, int64_t block);

  // [B, N, D] -> [B, N, D]. `rotation` may be null.
  at::Tensor forward(const at::Tensor& x, const Rotation* rotation);

  // Those that a config does not have are null or undefined.
  at::Tensor q_bias, v_bias;  // [D]
  Linear qkv = nullptr;
  Linear q_proj = nullptr;
  Linear k_proj = nullptr;
  Linear v_proj = nullptr;
  Norm norm = nullptr;
  Linear proj = nullptr;

 private:
  HeadAttention attention_;
};
TORCH_MODULE(Attention);

}  // namespace wsel::nn
