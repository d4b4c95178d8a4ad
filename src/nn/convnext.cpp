#include "convnext.h"

#include <ATen/ATen.h>

#include "networks.h"
#include "wsel/kernels/channel_order.h"
#include "wsel/kernels/depthwise.h"
#include "wsel/kernels/mlp_branch.h"

namespace wsel::nn {

ConvMlpImpl::ConvMlpImpl(int64_t width, bool conv) {
  fc1 = register_module("fc1", Pointwise(width, 4 * width, conv));
  fc2 = register_module("fc2", Pointwise(4 * width, width, conv));
}

Conv2d DepthwiseOf(int64_t width) {
  return Conv2d(Conv2dShape{
      .in = width, .out = width, .kernel = 7, .padding = 3, .groups = width});
}

ConvNextV1Block::ConvNextV1Block(const model::ConvNextConfig& c,
                                 int64_t width) {
  if (c.layer_scale > 0) {
    gamma = register_parameter("gamma", at::empty({width}));
  }
  conv_dw = register_module("conv_dw", DepthwiseOf(width));
  norm = register_module("norm", LayerNorm(width, c.norm_eps));
  mlp = register_module("mlp", ConvMlp(width, c.conv_mlp));
}

at::Tensor ConvNextV1Block::forward(const at::Tensor& x,
                                    const at::Tensor& scale) {
  const auto y = kernels::DepthwiseConv(x, conv_dw->weight, conv_dw->bias);
  const kernels::MlpBranch branch = {norm->weight,
                                   norm->bias,
                                   norm->eps(),
                                   /*quick_gelu=*/false,
                                   mlp->fc1->matrix(),
                                   mlp->fc1->bias,
                                   mlp->fc2->matrix(),
                                   mlp->fc2->bias,
                                   gamma};
  return kernels::AddMlpBranch(x, y, branch, scale);
}

StemImpl::StemImpl(const model::ConvNextConfig& c) {
  conv = register_module("0", Conv2d(Conv2dShape{.in = 3,
                                                 .out = c.dims[0],
                                                 .kernel = c.patch_size,
                                                 .stride = c.patch_size}));
  norm = register_module("1", LayerNorm(c.dims[0], c.norm_eps));
}

at::Tensor StemImpl::forward(const at::Tensor& images) {
  const auto x = images.contiguous(at::MemoryFormat::ChannelsLast);
  return norm->forward(kernels::ToChannelsLast(conv->forward(x)));
}

DownsampleImpl::DownsampleImpl(int64_t in, int64_t out, double eps) {
  norm = register_module("0", LayerNorm(in, eps));
  conv = register_module(
      "1", Conv2d(Conv2dShape{.in = in, .out = out, .kernel = 2, .stride = 2}));
}

at::Tensor DownsampleImpl::forward(const at::Tensor& x) {
  return kernels::ToChannelsLast(
      conv->forward(kernels::ToChannelsFirst(norm->forward(x))));
}

StageImpl::StageImpl(const model::ConvNextConfig& c, int stage,
                     const BlockMaker& make_block) {
  // As in timm: after a stem of patch size 2, stage 0 downsamples.
  if (stage > 0 || c.patch_size == 2) {
    const int64_t in = c.dims[stage > 0 ? stage - 1 : 0];
    downsample = register_module("downsample",
                                 Downsample(in, c.dims[stage], c.norm_eps));
  }
  blocks = register_module("blocks", torch::nn::ModuleList());
  for (int64_t i = 0; i < c.depths[stage]; ++i) {
    typed_blocks_.push_back(make_block(c.dims[stage]));
    blocks->push_back(typed_blocks_.back());
  }
}

at::Tensor StageImpl::forward(at::Tensor x, const at::Tensor& scales,
                              const BlockHook& hook) {
  if (downsample) x = downsample->forward(x);
  for (size_t i = 0; i < typed_blocks_.size(); ++i) {
    const auto block = static_cast<int64_t>(i);
    x = typed_blocks_[i]->forward(x, scales.defined() ? scales[block] : scales);
    if (hook) hook(x);
  }
  return x;
}

ConvNextHeadImpl::ConvNextHeadImpl(const model::ConvNextConfig& c) {
  if (!c.head_norm_first) {
    norm = register_module("norm", LayerNorm(c.dims[3], c.norm_eps));
  }
  if (c.num_classes > 0) {
    fc = register_module("fc", Linear(c.dims[3], c.num_classes));
  }
}

at::Tensor ConvNextHeadImpl::forward(at::Tensor x) {
  if (norm) x = norm->forward(x);
  return fc ? fc->forward(x) : x;
}

ConvNextImpl::ConvNextImpl(const model::ConvNextConfig& c,
                           const BlockMaker& make_block)
    : depths_(c.depths) {
  stem = register_module("stem", Stem(c));
  stages = register_module("stages", torch::nn::ModuleList());
  for (int stage = 0; stage < 4; ++stage) {
    typed_stages_.emplace_back(c, stage, make_block);
    stages->push_back(typed_stages_.back());
  }
  if (c.head_norm_first) {
    norm_pre = register_module("norm_pre", LayerNorm(c.dims[3], c.norm_eps));
  }
  head = register_module("head", ConvNextHead(c));
}

at::Tensor ConvNextImpl::forward_features(const at::Tensor& images,
                                          const at::Tensor& drop_path_scales) {
  auto x = stem->forward(images);
  int64_t first = 0;
  for (size_t i = 0; i < typed_stages_.size(); ++i) {
    x = typed_stages_[i]->forward(
        x, drop_path_scales.defined()
               ? drop_path_scales.slice(0, first, first + depths_[i])
               : drop_path_scales);
    first += depths_[i];
  }
  if (norm_pre) x = norm_pre->forward(x);
  return kernels::ToChannelsFirst(x);
}

at::Tensor ConvNextImpl::forward_head(const at::Tensor& map) {
  return head->forward(map.mean({2, 3}));
}

Outputs ConvNextImpl::forward_outputs(const at::Tensor& images,
                                      const at::Tensor& drop_path_scales) {
  const auto pooled = forward_features(images, drop_path_scales).mean({2, 3});
  return {head->forward(pooled), {}, pooled};
}

void ConvNextImpl::visit_blocks(const at::Tensor& images,
                                const BlockHook& hook) {
  auto x = stem->forward(images);
  hook(x);
  for (Stage& stage : typed_stages_) x = stage->forward(x, {}, hook);
}

std::shared_ptr<Network> MakeNetwork(const model::ConvNextConfig& config) {
  return std::make_shared<ConvNextImpl>(config, [&](int64_t width) {
    return std::make_shared<ConvNextV1Block>(config, width);
  });
}

}  // namespace wsel::nn
