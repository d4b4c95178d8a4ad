#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <functional>
#include <memory>

#include "layers.h"
#include "wsel/model/config.h"
#include "wsel/nn/network.h"

namespace wsel::nn {

// The norm of a ConvNeXt, over the last dimension.
class ConvNextNormImpl : public torch::nn::Module {
 public:
  ConvNextNormImpl(const model::ConvNextConfig& c, int64_t width)
      : kind_(c.norm_layer), eps_(c.norm_eps) {
    weight = register_parameter("weight", at::empty({width}));
    if (kind_ == model::ConvNextNorm::kLayerNorm) {
      bias = register_parameter("bias", at::empty({width}));
    }
  }
  at::Tensor forward(const at::Tensor& x) {
    if (kind_ == model::ConvNextNorm::kLayerNorm) {
      return at::layer_norm(x, weight.sizes(), weight, bias, eps_);
    }
    const auto square =
        kind_ == model::ConvNextNorm::kRmsNorm
            ? x.square().mean(-1, /*keepdim=*/true)
            : x.var(at::OptionalIntArrayRef({-1}), /*correction=*/1,
                    /*keepdim=*/true);
    return x * at::rsqrt(square + eps_) * weight;
  }

  double eps() const { return eps_; }

  at::Tensor weight;  // [width]
  at::Tensor bias;    // [width]; undefined without LayerNorm

 private:
  model::ConvNextNorm kind_;
  double eps_;
};
TORCH_MODULE(ConvNextNorm);

// A residual block [B, H, W, D] -> [B, H, W, D].
class ConvNextBlock : public torch::nn::Module {
 public:
  // `scale` [B]: drop path factor, or undefined.
  virtual at::Tensor forward(const at::Tensor& x, const at::Tensor& scale) = 0;
};

// Makes a block of a stage.
using BlockMaker = std::function<std::shared_ptr<ConvNextBlock>(int stage)>;

// The depthwise convolution that begins a block.
Conv2d DepthwiseOf(int64_t width, int64_t kernel = 7);

// A ConvNeXt whose blocks, of all stages, `make_block` makes. `config` must
// pass Validate. Images may have any size (at least 32 if patch_size is 4).
std::shared_ptr<Network> MakeConvNext(const model::ConvNextConfig& config,
                                      const BlockMaker& make_block);

}  // namespace wsel::nn
