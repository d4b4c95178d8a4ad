#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <utility>

#include "wsel/model/vit_config.h"

namespace wsel::nn {

// LayerNorm or RMSNorm over the last dimension. Like those of layers.h not
// initialised on construction.
class NormImpl : public torch::nn::Module {
 public:
  NormImpl(int64_t width, double eps, model::Norm kind)
      : eps_(eps), rms_(kind == model::Norm::kRmsNorm) {
    weight = register_parameter("weight", at::empty({width}));
    if (!rms_) bias = register_parameter("bias", at::empty({width}));
  }
  // One with parameters that it does not own; an RMSNorm takes no bias.
  NormImpl(at::Tensor of_weight, at::Tensor of_bias, double eps,
           model::Norm kind)
      : weight(std::move(of_weight)),
        bias(std::move(of_bias)),
        eps_(eps),
        rms_(kind == model::Norm::kRmsNorm) {}

  at::Tensor forward(const at::Tensor& x) {
    return rms_ ? at::rms_norm(x, weight.sizes(), weight, eps_)
                : at::layer_norm(x, weight.sizes(), weight, bias, eps_);
  }

  double eps() const { return eps_; }

  at::Tensor weight;  // [width]
  at::Tensor bias;    // [width]; undefined in an RMSNorm

 private:
  double eps_;
  bool rms_;
};
TORCH_MODULE(Norm);

}  // namespace wsel::nn
