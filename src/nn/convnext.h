#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <functional>
#include <memory>

#include "layers.h"
#include "wsel/model/config.h"
#include "wsel/nn/convnext_norm.h"
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
    return Normalise(x, kind_, weight, bias, eps_);
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

// A ConvNeXt with blocks, of all stages, that `make_block` makes. `config` must
// pass Validate. Images may have any size (at least 32 if patch_size is 4).
std::shared_ptr<Network> MakeConvNext(const model::ConvNextConfig& config,
                                      const BlockMaker& make_block);

}  // namespace wsel::nn
