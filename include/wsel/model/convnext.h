#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>

#include <array>
#include <vector>

#include "wsel/model/config.h"
#include "wsel/model/layers.h"
#include "wsel/model/outputs.h"

namespace wsel::model {

// ConvNeXt (Liu et al. 2022). Between the stem and the head everything is
// [B, H, W, D]: LayerNorm and the MLP act on the last dimension, and a
// convolution sees the same memory as a channels-last [B, D, H, W], which is
// also the layout in which the depthwise one is fastest on a CPU. Members are
// called and ordered as in timm's state_dict; members that a config lacks are
// null.

// The parameters of a block's pointwise part, D -> 4D -> D; AddMlpBranch
// computes it.
class ConvMlpImpl : public torch::nn::Module {
 public:
  // `conv`: weights are stored as 1x1 convolutions.
  ConvMlpImpl(int64_t width, bool conv);

  Pointwise fc1 = nullptr;
  Pointwise fc2 = nullptr;
};
TORCH_MODULE(ConvMlp);

class ConvNextBlockImpl : public torch::nn::Module {
 public:
  ConvNextBlockImpl(const ConvNextConfig& config, int stage);
  // `scale` [B]: drop path; or undefined.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& scale = {});

  at::Tensor gamma;  // [D], or undefined
  Conv2d conv_dw = nullptr;
  LayerNorm norm = nullptr;
  ConvMlp mlp = nullptr;
};
TORCH_MODULE(ConvNextBlock);

// [B, 3, H, W] -> [B, H / patch, W / patch, D], normalised. timm calls the
// convolution "0" and the norm "1".
class StemImpl : public torch::nn::Module {
 public:
  explicit StemImpl(const ConvNextConfig& config);
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
  StageImpl(const ConvNextConfig& config, int stage);
  // `scales` [blocks, B]: drop path; or undefined. `see`: what each block
  // gives.
  at::Tensor forward(at::Tensor x, const at::Tensor& scales = {},
                     const SeeBlock& see = nullptr);

  Downsample downsample = nullptr;
  torch::nn::ModuleList blocks = nullptr;

 private:
  std::vector<ConvNextBlock> chain_;  // `blocks`, typed
};
TORCH_MODULE(Stage);

class ConvNextHeadImpl : public torch::nn::Module {
 public:
  explicit ConvNextHeadImpl(const ConvNextConfig& config);
  // Pooled [B, D] -> logits [B, classes]; without classes [B, D].
  at::Tensor forward(at::Tensor x);

  LayerNorm norm = nullptr;
  Linear fc = nullptr;
};
TORCH_MODULE(ConvNextHead);

class ConvNextImpl : public torch::nn::Module {
 public:
  // `config` passes Validate.
  explicit ConvNextImpl(const ConvNextConfig& config);

  // Images [B, 3, H, W], any size of 32 and more at patch 4 -> logits
  // [B, classes]; without classes the pooled, normalised features [B, D].
  // `branch_scales`: see build.h.
  at::Tensor forward(const at::Tensor& images,
                     const at::Tensor& branch_scales = {});

  // Images -> the last stage's map [B, D, h, w] (channels-last memory), after
  // `norm_pre` where the model has it.
  at::Tensor forward_features(const at::Tensor& images,
                              const at::Tensor& branch_scales = {});

  // [B, D, h, w] -> logits [B, classes]
  at::Tensor forward_head(const at::Tensor& map);

  // Images -> what outputs.h says.
  Outputs forward_outputs(const at::Tensor& images,
                          const at::Tensor& branch_scales = {});

  // Images -> what outputs.h says, to `see`.
  void visit_blocks(const at::Tensor& images, const SeeBlock& see);

  Stem stem = nullptr;
  torch::nn::ModuleList stages = nullptr;
  LayerNorm norm_pre = nullptr;
  ConvNextHead head = nullptr;

 private:
  std::array<int64_t, 4> depths_;
  std::vector<Stage> chain_;  // `stages`, typed
};
TORCH_MODULE(ConvNext);

}  // namespace wsel::model
