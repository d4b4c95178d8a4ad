#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "layers.h"
#include "wsel/model/vit_config.h"
#include "wsel/nn/activation.h"
#include "wsel/nn/gated.h"
#include "wsel/nn/norm.h"

namespace wsel::nn {

// The MLP of a ViT's block in the forms of VitConfig, as timm's Mlp, SwiGLU and
// GluMlp. Over the last dimension, width -> hidden -> width.
class VitMlpImpl : public torch::nn::Module {
 public:
  explicit VitMlpImpl(const model::VitConfig& c)
      : form_(c.mlp), activation_(c.activation) {
    const int64_t d = c.embed_dim;
    const int64_t hidden = c.MlpHidden();
    const auto linear = [&](const char* name, int64_t in, int64_t out) {
      return register_module(name, Linear(in, out, c.proj_bias));
    };
    if (form_ == model::MlpForm::kSwiGlu) {
      fc1_g = linear("fc1_g", d, hidden);
      fc1_x = linear("fc1_x", d, hidden);
    } else {
      const bool packed = form_ == model::MlpForm::kSwiGluPacked;
      fc1 = linear("fc1", d, packed ? 2 * hidden : hidden);
    }
    if (c.scale_mlp_norm) {
      norm = register_module("norm", Norm(hidden, c.norm_eps, c.norm));
    }
    fc2 = linear("fc2", hidden, d);
  }

  at::Tensor forward(const at::Tensor& x) {
    auto hidden = Hidden(x);
    if (norm) hidden = norm->forward(hidden);
    return fc2->forward(hidden);
  }

  // Those that a config does not have are null.
  Linear fc1 = nullptr;
  Linear fc1_g = nullptr;
  Linear fc1_x = nullptr;
  Norm norm = nullptr;
  Linear fc2 = nullptr;

 private:
  at::Tensor Hidden(const at::Tensor& x) {
    if (form_ == model::MlpForm::kMlp) {
      return Activate(activation_, fc1->forward(x));
    }
    if (form_ == model::MlpForm::kSwiGlu) {
      return Gated(fc1_g->forward(x), fc1_x->forward(x));
    }
    const auto parts = fc1->forward(x).chunk(2, -1);  // gate, value
    return Gated(parts[0], parts[1]);
  }

  model::MlpForm form_;
  model::Activation activation_;
};
TORCH_MODULE(VitMlp);

}  // namespace wsel::nn
