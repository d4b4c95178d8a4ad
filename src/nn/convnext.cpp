// ConvNeXt (Liu et al. 2022). Between stem and head all activations are
// [B, H, W, D]: LayerNorm and the MLP act on the last dimension, and
// convolutions view the same memory as channels-last [B, D, H, W], which is
// also the fastest layout for depthwise convolution on a CPU. Members are named
// and ordered as in timm's state_dict; those that a config lacks are null.
#include "convnext.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/container/modulelist.h>

#include <array>
#include <vector>

#include "networks.h"
#include "wsel/kernels/depthwise.h"
#include "wsel/kernels/residual.h"

namespace wsel::nn {
namespace {

// The block of Liu et al. 2022.
class ConvNextV1Block : public ConvNextBlock {
 public:
  ConvNextV1Block(const model::ConvNextConfig& c, int64_t width) {
    if (c.layer_scale > 0) {
      gamma = register_parameter("gamma", at::empty({width}));
    }
    conv_dw = register_module("conv_dw", DepthwiseOf(width));
    norm = register_module("norm", LayerNorm(width, c.norm_eps));
    mlp = register_module("mlp", Mlp(width, 4 * width, c.conv_mlp));
  }

  at::Tensor forward(const at::Tensor& x, const at::Tensor& scale) override {
    const auto y = kernels::DepthwiseConv(x, conv_dw->weight, conv_dw->bias);
    return kernels::AddMlpBranch(x, y,
                                 {{norm->weight, norm->bias},
                                  norm->eps(),
                                  {mlp->fc1->matrix(), mlp->fc1->bias},
                                  {mlp->fc2->matrix(), mlp->fc2->bias},
                                  gamma},
                                 /*quick_gelu=*/false, scale);
  }

  at::Tensor gamma;  // [D], or undefined
  Conv2d conv_dw = nullptr;
  LayerNorm norm = nullptr;
  Mlp mlp = nullptr;
};

// [B, 3, H, W] -> [B, H / patch, W / patch, D]: convolution "0", norm "1".
class StemImpl : public torch::nn::Module {
 public:
  explicit StemImpl(const model::ConvNextConfig& c) {
    conv = register_module("0", Conv2d(Conv2dShape{.in = 3,
                                                   .out = c.dims[0],
                                                   .kernel = c.patch_size,
                                                   .stride = c.patch_size}));
    norm = register_module("1", LayerNorm(c.dims[0], c.norm_eps));
  }

  at::Tensor forward(const at::Tensor& images) {
    const auto x = images.contiguous(at::MemoryFormat::ChannelsLast);
    return norm->forward(kernels::ToChannelsLast(conv->forward(x)));
  }

  Conv2d conv = nullptr;
  LayerNorm norm = nullptr;
};
TORCH_MODULE(Stem);

// [B, H, W, in] -> [B, H / 2, W / 2, out]: norm "0", convolution "1".
class DownsampleImpl : public torch::nn::Module {
 public:
  DownsampleImpl(int64_t in, int64_t out, double eps) {
    norm = register_module("0", LayerNorm(in, eps));
    conv = register_module(
        "1",
        Conv2d(Conv2dShape{.in = in, .out = out, .kernel = 2, .stride = 2}));
  }

  at::Tensor forward(const at::Tensor& x) {
    return kernels::ToChannelsLast(
        conv->forward(kernels::ToChannelsFirst(norm->forward(x))));
  }

  LayerNorm norm = nullptr;
  Conv2d conv = nullptr;
};
TORCH_MODULE(Downsample);

class StageImpl : public torch::nn::Module {
 public:
  StageImpl(const model::ConvNextConfig& c, int stage,
            const BlockMaker& make_block) {
    // As in timm: after a stem of patch size 2, stage 0 downsamples.
    if (stage > 0 || c.patch_size == 2) {
      const int64_t in = c.dims[stage > 0 ? stage - 1 : 0];
      downsample = register_module("downsample",
                                   Downsample(in, c.dims[stage], c.norm_eps));
    }
    auto list = register_module("blocks", torch::nn::ModuleList());
    for (int64_t i = 0; i < c.depths[stage]; ++i) {
      blocks.push_back(make_block(c.dims[stage]));
      list->push_back(blocks.back());
    }
  }

  // `scales` [blocks, B]: drop path factors, or undefined. `hook` receives the
  // output of every block.
  at::Tensor forward(at::Tensor x, const at::Tensor& scales,
                     const BlockHook& hook) {
    if (downsample) x = downsample->forward(x);
    for (size_t i = 0; i < blocks.size(); ++i) {
      const auto block = static_cast<int64_t>(i);
      x = blocks[i]->forward(x, scales.defined() ? scales[block] : scales);
      if (hook) hook(x);
    }
    return x;
  }

  Downsample downsample = nullptr;
  std::vector<std::shared_ptr<ConvNextBlock>> blocks;
};
TORCH_MODULE(Stage);

// Pooled [B, D] -> logits [B, classes], or [B, D] if there are no classes.
class ConvNextHeadImpl : public torch::nn::Module {
 public:
  explicit ConvNextHeadImpl(const model::ConvNextConfig& c) {
    if (!c.head_norm_first) {
      norm = register_module("norm", LayerNorm(c.dims[3], c.norm_eps));
    }
    if (c.num_classes > 0) {
      fc = register_module("fc", Linear(c.dims[3], c.num_classes));
    }
  }

  at::Tensor forward(at::Tensor x) {
    if (norm) x = norm->forward(x);
    return fc ? fc->forward(x) : x;
  }

  LayerNorm norm = nullptr;
  Linear fc = nullptr;
};
TORCH_MODULE(ConvNextHead);

class ConvNext : public Network {
 public:
  ConvNext(const model::ConvNextConfig& c, const BlockMaker& make_block)
      : depths(c.depths) {
    stem = register_module("stem", Stem(c));
    auto list = register_module("stages", torch::nn::ModuleList());
    for (int stage = 0; stage < 4; ++stage) {
      stages.emplace_back(c, stage, make_block);
      list->push_back(stages.back());
    }
    if (c.head_norm_first) {
      norm_pre = register_module("norm_pre", LayerNorm(c.dims[3], c.norm_eps));
    }
    head = register_module("head", ConvNextHead(c));
  }

  at::Tensor forward_features(const at::Tensor& images,
                              const at::Tensor& drop_path_scales) override {
    auto x = RunStages(images, drop_path_scales);
    if (norm_pre) x = norm_pre->forward(x);
    return kernels::ToChannelsFirst(x);
  }

  at::Tensor forward_head(const at::Tensor& map) override {
    return head->forward(map.mean({2, 3}));
  }

  Outputs forward_outputs(const at::Tensor& images,
                          const at::Tensor& drop_path_scales) override {
    const auto pooled = forward_features(images, drop_path_scales).mean({2, 3});
    return {head->forward(pooled), {}, pooled};
  }

  void visit_blocks(const at::Tensor& images, const BlockHook& hook) override {
    RunStages(images, /*drop_path_scales=*/{}, hook);
  }

  // The last stage's map [B, h, w, D].
  at::Tensor RunStages(const at::Tensor& images,
                       const at::Tensor& drop_path_scales,
                       const BlockHook& hook = nullptr) {
    auto x = stem->forward(images);
    if (hook) hook(x);
    int64_t first = 0;
    for (size_t i = 0; i < stages.size(); ++i) {
      const int64_t end = first + depths[i];
      x = stages[i]->forward(x,
                             drop_path_scales.defined()
                                 ? drop_path_scales.slice(0, first, end)
                                 : drop_path_scales,
                             hook);
      first = end;
    }
    return x;
  }

  Stem stem = nullptr;
  std::array<int64_t, 4> depths;
  std::vector<Stage> stages;
  LayerNorm norm_pre = nullptr;
  ConvNextHead head = nullptr;
};

}  // namespace

Conv2d DepthwiseOf(int64_t width) {
  return Conv2d(Conv2dShape{
      .in = width, .out = width, .kernel = 7, .padding = 3, .groups = width});
}

std::shared_ptr<Network> MakeConvNext(const model::ConvNextConfig& config,
                                      const BlockMaker& make_block) {
  return std::make_shared<ConvNext>(config, make_block);
}

std::shared_ptr<Network> MakeNetwork(const model::ConvNextConfig& config) {
  return MakeConvNext(config, [&](int64_t width) {
    return std::make_shared<ConvNextV1Block>(config, width);
  });
}

}  // namespace wsel::nn
