#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "layers.h"
#include "norm.h"
#include "wsel/nn/activation.h"

namespace wsel::nn {

// Attention pooling (Zhai et al. 2022, "Scaling Vision Transformers": the MAP
// head) as timm's AttentionPoolLatent: a learnt query attends to all tokens,
// and an MLP follows. [B, N, D] -> [B, D].
class AttentionPoolImpl : public torch::nn::Module {
 public:
  explicit AttentionPoolImpl(const model::VitConfig& c)
      : heads_(c.AttnPoolHeads()),
        // timm's Eva has GELU here, whatever its blocks have.
        activation_(c.IsEva() ? model::Activation::kGelu : c.activation) {
    const int64_t d = c.embed_dim;
    latent = register_parameter("latent", at::empty({1, 1, d}));
    q = register_module("q", Linear(d, d));
    kv = register_module("kv", Linear(d, 2 * d));
    proj = register_module("proj", Linear(d, d));
    norm = register_module("norm", Norm(d, c.norm_eps, c.norm));
    mlp = register_module("mlp", Mlp(d, c.AttnPoolHidden()));
  }

  at::Tensor forward(const at::Tensor& tokens) {
    const int64_t b = tokens.size(0);
    const int64_t d = tokens.size(2);
    const auto query = q->forward(latent)
                           .view({1, 1, heads_, d / heads_})
                           .transpose(1, 2)
                           .expand({b, -1, -1, -1});
    const auto pair = kv->forward(tokens)
                          .view({b, -1, 2, heads_, d / heads_})
                          .permute({2, 0, 3, 1, 4})
                          .unbind(0);  // k, v [B, heads, N, d]
    const auto attended =
        at::scaled_dot_product_attention(query, pair[0], pair[1]);
    const auto x =
        proj->forward(attended.transpose(1, 2).reshape({b, d}));  // [B, D]
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
