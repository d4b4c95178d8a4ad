#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <string>

#include "layers.h"
#include "norm.h"
#include "rotary.h"
#include "wsel/model/vit_config.h"

namespace wsel::nn {

// The steps from query, key and value to attention's output that the forms of
// a block share. They own no parameters.
struct HeadAttention {
  int64_t heads = 1;
  int64_t prefix = 0;      // tokens that are not rotated
  double lambda_init = 0;  // of differential attention
  Norm q_norm = nullptr;
  Norm k_norm = nullptr;
  Norm sub_norm = nullptr;  // differential attention's, in each head
  at::Tensor lambda_q1, lambda_k1, lambda_q2, lambda_k2;  // [head_dim / 2]

  // q, k, v [B, N, D] -> [B, N, D]. `rotation` may be null.
  at::Tensor Attend(const at::Tensor& q, const at::Tensor& k,
                    const at::Tensor& v, const Rotation* rotation);

 private:
  at::Tensor AttendTwice(const at::Tensor& q, const at::Tensor& k,
                         const at::Tensor& v);
};

// The steps of block number `block`, their parameters registered in `owner`,
// in timm's order: RegisterLambdas before, RegisterNorms after the layer that
// makes q, k and v.
HeadAttention MakeHeadAttention(const model::VitConfig& c, int64_t block);
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
