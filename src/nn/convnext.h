#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "layers.h"
#include "wsel/model/config.h"
#include "wsel/nn/network.h"

namespace wsel::nn {

// ConvNeXt (Liu et al. 2022). Between stem and head all activations are
// [B, H, W, D]: LayerNorm and the MLP act on the last dimension, and
// convolutions view the same memory as channels-last [B, D, H, W], which is
// also the fastest layout for depthwise convolution on a CPU. Members are named
// and ordered as in timm's state_dict; those that a config lacks are null.

// The parameters of a block's MLP, D -> 4D -> D; computed by AddMlpBranch.
class ConvMlpImpl : public torch::nn::Module {
 public:
  // `conv`: store the weights as those of 1x1 convolutions.
  ConvMlpImpl(int64_t width, bool conv);

  Pointwise fc1 = nullptr;
  Pointwise fc2 = nullptr;
};
TORCH_MODULE(ConvMlp);

// A residual block [B, H, W, D] -> [B, H, W, D].
class ConvNextBlock : public torch::nn::Module {
 public:
  // `scale` [B]: drop path factor, or undefined.
  virtual at::Tensor forward(const at::Tensor& x, const at::Tensor& scale) = 0;
};

// Makes a block of `width` channels.
using BlockMaker = std::function<std::shared_ptr<ConvNextBlock>(int64_t width)>;

// The block of Liu et al. 2022.
class ConvNextV1Block : public ConvNextBlock {
 public:
  ConvNextV1Block(const model::ConvNextConfig& config, int64_t width);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& scale) override;

  at::Tensor gamma;  // [D], or undefined
  Conv2d conv_dw = nullptr;
  LayerNorm norm = nullptr;
  ConvMlp mlp = nullptr;
};

// The depthwise convolution that begins a block.
Conv2d DepthwiseOf(int64_t width);

// [B, 3, H, W] -> [B, H / patch, W / patch, D]: convolution "0", norm "1".
class StemImpl : public torch::nn::Module {
 public:
  explicit StemImpl(const model::ConvNextConfig& config);
  at::Tensor forward(const at::Tensor& images);

  Conv2d conv = nullptr;
  LayerNorm norm = nullptr;
};
TORCH_MODULE(Stem);

// [B, H, W, in] -> [B, H / 2, W / 2, out]: norm "0", convolution "1".
class DownsampleImpl : public torch::nn::Module {
 public:
  DownsampleImpl(int64_t in, int64_t out, double eps);
  at::Tensor forward(const at::Tensor& x);

  LayerNorm norm = nullptr;
  Conv2d conv = nullptr;
};
TORCH_MODULE(Downsample);

class StageImpl : public torch::nn::Module {
 public:
  StageImpl(const model::ConvNextConfig& config, int stage,
            const BlockMaker& make_block);
  // `scales` [blocks, B]: drop path factors, or undefined. `hook` receives the
  // output of every block.
  at::Tensor forward(at::Tensor x, const at::Tensor& scales = {},
                     const BlockHook& hook = nullptr);

  Downsample downsample = nullptr;
  torch::nn::ModuleList blocks = nullptr;

 private:
  std::vector<std::shared_ptr<ConvNextBlock>>
      typed_blocks_;  // the elements of `blocks`
};
TORCH_MODULE(Stage);

class ConvNextHeadImpl : public torch::nn::Module {
 public:
  explicit ConvNextHeadImpl(const model::ConvNextConfig& config);
  // Pooled [B, D] -> logits [B, classes], or [B, D] if there are no classes.
  at::Tensor forward(at::Tensor x);

  LayerNorm norm = nullptr;
  Linear fc = nullptr;
};
TORCH_MODULE(ConvNextHead);

class ConvNextImpl : public Network {
 public:
  // `config` must pass Validate; `make_block` makes the blocks of all stages.
  ConvNextImpl(const model::ConvNextConfig& config,
               const BlockMaker& make_block);

  // Of network.h. Images may have any size (at least 32 if patch_size is 4).
  at::Tensor forward_features(const at::Tensor& images,
                              const at::Tensor& drop_path_scales) override;
  at::Tensor forward_head(const at::Tensor& map) override;
  Outputs forward_outputs(const at::Tensor& images,
                          const at::Tensor& drop_path_scales) override;
  void visit_blocks(const at::Tensor& images, const BlockHook& hook) override;

  Stem stem = nullptr;
  torch::nn::ModuleList stages = nullptr;
  LayerNorm norm_pre = nullptr;
  ConvNextHead head = nullptr;

 private:
  std::array<int64_t, 4> depths_;
  std::vector<Stage> typed_stages_;  // the elements of `stages`
};

}  // namespace wsel::nn
