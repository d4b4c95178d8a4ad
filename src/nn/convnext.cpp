// ConvNeXt (Liu et al. 2022). Between stem and head all activations are
// [B, H, W, D]: LayerNorm and the MLP act on the last dimension, and
// convolutions view the same memory as channels-last [B, D, H, W], which is
// also the fastest layout for depthwise convolution on a CPU. Members are named
// and ordered as in timm's state_dict; those that a config lacks are null.
#include "convnext.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/container/modulelist.h>

#include <array>
#include <optional>
#include <vector>

#include "networks.h"
#include "wsel/kernels/depthwise.h"
#include "wsel/kernels/residual.h"
#include "wsel/nn/activation.h"

namespace wsel::nn {
namespace {

// The block of Liu et al. 2022.
class ConvNextV1Block : public ConvNextBlock {
 public:
  ConvNextV1Block(const model::ConvNextConfig& c, int stage)
      : activation(c.activation) {
    const int64_t width = c.dims[stage];
    if (c.layer_scale > 0) {
      gamma = register_parameter("gamma", at::empty({width}));
    }
    conv_dw =
        register_module("conv_dw", DepthwiseOf(width, c.kernel_sizes[stage]));
    norm = register_module("norm", ConvNextNorm(c, width));
    mlp = register_module("mlp", Mlp(width, 4 * width, c.conv_mlp));
  }

  at::Tensor forward(const at::Tensor& x, const at::Tensor& scale) override {
    const auto y = kernels::DepthwiseConv(x, conv_dw->weight, conv_dw->bias);
    // The kernels of the room `kernels` are for the usual form.
    if (!norm->bias.defined() || activation != model::Activation::kGelu) {
      return kernels::AddBranch(x, Branch(y), gamma, scale);
    }
    return kernels::AddMlpBranch(x, y,
                                 {{norm->weight, norm->bias},
                                  norm->eps(),
                                  {mlp->fc1->matrix(), mlp->fc1->bias},
                                  {mlp->fc2->matrix(), mlp->fc2->bias},
                                  gamma},
                                 /*quick_gelu=*/false, scale);
  }

  at::Tensor Branch(const at::Tensor& y) {
    const auto hidden = mlp->fc1->forward(norm->forward(y));
    return mlp->fc2->forward(Activate(activation, hidden));
  }

  model::Activation activation;
  at::Tensor gamma;  // [D], or undefined
  Conv2d conv_dw = nullptr;
  ConvNextNorm norm = nullptr;
  Mlp mlp = nullptr;
};

// [B, in_chans, H, W] -> [B, H / patch, W / patch, D]: one convolution or two,
// then a norm.
class StemImpl : public torch::nn::Module {
 public:
  explicit StemImpl(const model::ConvNextConfig& c) {
    if (c.HasOverlappingStem()) {
      Overlap(c);
    } else {
      conv = register_module("0", Conv2d(Conv2dShape{.in = c.in_chans,
                                                     .out = c.dims[0],
                                                     .kernel = c.patch_size,
                                                     .stride = c.patch_size}));
      norm = register_module("1", ConvNextNorm(c, c.dims[0]));
    }
  }

  at::Tensor forward(const at::Tensor& images) {
    const auto x = images.contiguous(at::MemoryFormat::ChannelsLast);
    auto y = conv->forward(x);
    if (activation) y = Activate(*activation, y);
    if (second) y = second->forward(y);
    return norm->forward(kernels::ToChannelsLast(y));
  }

  // A module without parameters, the activation, has a number too.
  void Overlap(const model::ConvNextConfig& c) {
    const auto halving = [](int64_t in, int64_t out) {
      return Conv2d(Conv2dShape{
          .in = in, .out = out, .kernel = 3, .stride = 2, .padding = 1});
    };
    conv = register_module("0", halving(c.in_chans, c.StemHidden()));
    const bool act = c.stem_type == model::ConvNextStem::kOverlapAct;
    if (act) activation = c.activation;
    second =
        register_module(act ? "2" : "1", halving(c.StemHidden(), c.dims[0]));
    norm = register_module(act ? "3" : "2", ConvNextNorm(c, c.dims[0]));
  }

  Conv2d conv = nullptr;
  std::optional<model::Activation> activation;
  Conv2d second = nullptr;
  ConvNextNorm norm = nullptr;
};
TORCH_MODULE(Stem);

// [B, H, W, in] -> [B, H / 2, W / 2, out]: norm "0", convolution "1".
class DownsampleImpl : public torch::nn::Module {
 public:
  DownsampleImpl(const model::ConvNextConfig& c, int64_t in, int64_t out) {
    norm = register_module("0", ConvNextNorm(c, in));
    conv = register_module(
        "1",
        Conv2d(Conv2dShape{.in = in, .out = out, .kernel = 2, .stride = 2}));
  }

  at::Tensor forward(const at::Tensor& x) {
    return kernels::ToChannelsLast(
        conv->forward(kernels::ToChannelsFirst(norm->forward(x))));
  }

  ConvNextNorm norm = nullptr;
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
      downsample =
          register_module("downsample", Downsample(c, in, c.dims[stage]));
    }
    auto list = register_module("blocks", torch::nn::ModuleList());
    for (int64_t i = 0; i < c.depths[stage]; ++i) {
      blocks.push_back(make_block(stage));
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

// `pre_logits`: a linear layer "fc" and GELU, which timm uses whatever the
// activation of the blocks.
class PreLogitsImpl : public torch::nn::Module {
 public:
  PreLogitsImpl(int64_t width, int64_t hidden) {
    fc = register_module("fc", Linear(width, hidden));
  }
  at::Tensor forward(const at::Tensor& x) { return at::gelu(fc->forward(x)); }

  Linear fc = nullptr;
};
TORCH_MODULE(PreLogits);

// Pooled [B, D] -> logits [B, classes]; without classes the input of the
// classifier, [B, D] or [B, head_hidden_size].
class ConvNextHeadImpl : public torch::nn::Module {
 public:
  explicit ConvNextHeadImpl(const model::ConvNextConfig& c) {
    if (!c.head_norm_first) {
      norm = register_module("norm", ConvNextNorm(c, c.dims[3]));
    }
    int64_t features = c.dims[3];
    if (c.head_hidden_size > 0) {
      pre_logits = register_module("pre_logits",
                                   PreLogits(features, c.head_hidden_size));
      features = c.head_hidden_size;
    }
    if (c.num_classes > 0) {
      fc = register_module("fc", Linear(features, c.num_classes));
    }
  }

  at::Tensor forward(at::Tensor x) {
    if (norm) x = norm->forward(x);
    if (pre_logits) x = pre_logits->forward(x);
    return fc ? fc->forward(x) : x;
  }

  ConvNextNorm norm = nullptr;
  PreLogits pre_logits = nullptr;
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
      norm_pre = register_module("norm_pre", ConvNextNorm(c, c.dims[3]));
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
  ConvNextNorm norm_pre = nullptr;
  ConvNextHead head = nullptr;
};

}  // namespace

Conv2d DepthwiseOf(int64_t width, int64_t kernel) {
  return Conv2d(Conv2dShape{.in = width,
                            .out = width,
                            .kernel = kernel,
                            .padding = kernel / 2,
                            .groups = width});
}

std::shared_ptr<Network> MakeConvNext(const model::ConvNextConfig& config,
                                      const BlockMaker& make_block) {
  return std::make_shared<ConvNext>(config, make_block);
}

std::shared_ptr<Network> MakeNetwork(const model::ConvNextConfig& config) {
  return MakeConvNext(config, [&](int stage) {
    return std::make_shared<ConvNextV1Block>(config, stage);
  });
}

}  // namespace wsel::nn
