#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <functional>
#include <memory>

#include "layers.h"
#include "wsel/model/config.h"
#include "wsel/nn/network.h"

namespace wsel::nn {

// A residual block [B, H, W, D] -> [B, H, W, D].
class ConvNextBlock : public torch::nn::Module {
 public:
  // `scale` [B]: drop path factor, or undefined.
  virtual at::Tensor forward(const at::Tensor& x, const at::Tensor& scale) = 0;
};

// Makes a block of `width` channels.
using BlockMaker = std::function<std::shared_ptr<ConvNextBlock>(int64_t width)>;

// The depthwise convolution that begins a block.
Conv2d DepthwiseOf(int64_t width);

// A ConvNeXt whose blocks, of all stages, `make_block` makes. `config` must
// pass Validate. Images may have any size (at least 32 if patch_size is 4).
std::shared_ptr<Network> MakeConvNext(const model::ConvNextConfig& config,
                                      const BlockMaker& make_block);

}  // namespace wsel::nn
