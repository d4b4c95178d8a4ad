#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "layers.h"
#include "wsel/nn/activation.h"
#include "wsel/nn/norm.h"
#include "wsel/nn/pool_attention.h"

namespace wsel::nn {

// Attention pooling (Zhai et al. 2022, "Scaling Vision Transformers": the MAP
// head) as timm's AttentionPoolLatent: a learnt query attends to all tokens,
// and an MLP follows. [B, N, D] -> [B, D].
class AttentionPoolImpl : public torch::nn::Module {
 public:
  explicit AttentionPoolImpl(const model::VitConfig& c)
      : heads_(c.AttnPoolHeads()), activation_(c.activation) {
    const int64_t d = c.embed_dim;
    latent = register_parameter("latent", at::empty({1, 1, d}));
    q = register_module("q", Linear(d, d));
    kv = register_module("kv", Linear(d, 2 * d));
    proj = register_module("proj", Linear(d, d));
    norm = register_module("norm", Norm(d, c.norm_eps, c.norm));
    mlp = register_module("mlp", Mlp(d, c.AttnPoolHidden()));
  }

  at::Tensor forward(const at::Tensor& tokens) {
    const auto x = proj->forward(
        AttendLatent(q->forward(latent), kv->forward(tokens), heads_));
    const auto hidden =
        Activate(activation_, mlp->fc1->forward(norm->forward(x)));
    return x + mlp->fc2->forward(hidden);
  }

  at::Tensor latent;  // [1, 1, D]
  Linear q = nullptr;
  Linear kv = nullptr;
  Linear proj = nullptr;
  Norm norm = nullptr;
  Mlp mlp = nullptr;

 private:
  int64_t heads_;
  model::Activation activation_;
};
TORCH_MODULE(AttentionPool);

}  // namespace wsel::nn
