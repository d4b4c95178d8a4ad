#include "convnext_pass.h"

#include <ATen/ATen.h>

#include <variant>

#include "forward.h"
#include "wsel/kernels/depthwise.h"
#include "wsel/nn/activation.h"
#include "wsel/nn/convnext_norm.h"

namespace wsel::calibrate {
namespace {

// Global response normalisation (Woo et al. 2023) of [B, H, W, C].
at::Tensor Grn(const Weights& weights, const std::string& name,
               const at::Tensor& x) {
  constexpr double kEps = 1e-6;
  const auto norms = at::norm(x, 2, {1, 2}, /*keepdim=*/true);
  const auto relative = norms / (norms.mean(-1, /*keepdim=*/true) + kEps);
  return x + at::addcmul(weights[name + ".bias"], weights[name + ".weight"],
                         x * relative);
}

// A 3x3 convolution of stride 2 of [B, C, H, W].
at::Tensor Halving(const Weights& weights, const std::string& name,
                   const at::Tensor& x) {
  return at::conv2d(x, weights[name + ".weight"], weights[name + ".bias"],
                    at::IntArrayRef({2, 2}), at::IntArrayRef({1, 1}));
}

}  // namespace

model::ConvNextConfig ConvNextOf(const model::Config& config) {
  const auto* v2 = std::get_if<model::ConvNextV2Config>(&config);
  return v2 != nullptr ? v2->WithoutGrn()
                       : std::get<model::ConvNextConfig>(config);
}

at::Tensor ConvNextPass::Norm(const std::string& name,
                              const at::Tensor& x) const {
  return nn::Normalise(x, config_.norm_layer, weights_[name + ".weight"],
                       weights_[name + ".bias"], config_.norm_eps);
}

at::Tensor ConvNextPass::StemHidden(const at::Tensor& images) const {
  const auto hidden = Halving(weights_, "stem.0", images);
  return config_.stem_type == model::ConvNextStem::kOverlapAct
             ? nn::Activate(config_.activation, hidden)
             : hidden;
}

at::Tensor ConvNextPass::StemConv(const at::Tensor& images) const {
  if (config_.HasOverlappingStem()) {
    return kernels::ToChannelsLast(
               Halving(weights_, config_.SecondStemConv(), StemHidden(images)))
        .contiguous();
  }
  const int64_t stride = config_.patch_size;
  return kernels::ToChannelsLast(at::conv2d(images, weights_["stem.0.weight"],
                                            weights_["stem.0.bias"],
                                            at::IntArrayRef({stride, stride})))
      .contiguous();
}

at::Tensor ConvNextPass::Stem(const at::Tensor& images) const {
  return Norm(config_.StemNorm(), StemConv(images));
}

bool ConvNextPass::Downsamples(int stage) const {
  return weights_.Has(DownsampleName(stage) + ".1.weight");
}

at::Tensor ConvNextPass::DownsampleNorm(int stage, const at::Tensor& x) const {
  return Norm(DownsampleName(stage) + ".0", x);
}

at::Tensor ConvNextPass::Downsample(int stage, const at::Tensor& x) const {
  return Linear(weights_, DownsampleName(stage) + ".1",
                PatchesOf2x2(DownsampleNorm(stage, x)));
}

at::Tensor ConvNextPass::Normed(int stage, int64_t block,
                                const at::Tensor& x) const {
  const std::string name = Name(stage, block);
  const auto y = kernels::DepthwiseConv(x, weights_[name + ".conv_dw.weight"],
                                        weights_[name + ".conv_dw.bias"]);
  return Norm(name + ".norm", y);
}

at::Tensor ConvNextPass::Fc1(int stage, int64_t block,
                             const at::Tensor& normed) const {
  return Linear(weights_, Name(stage, block) + ".mlp.fc1", normed);
}

ConvNextBlock ConvNextPass::Block(int stage, int64_t block,
                                  const at::Tensor& x) const {
  const std::string name = Name(stage, block);
  ConvNextBlock pass;
  pass.normed = Normed(stage, block, x);
  pass.hidden =
      nn::Activate(config_.activation, Fc1(stage, block, pass.normed));
  if (weights_.Has(name + ".mlp.grn.weight")) {
    pass.hidden = Grn(weights_, name + ".mlp.grn", pass.hidden);
  }
  pass.out = AddScaled(x, Linear(weights_, name + ".mlp.fc2", pass.hidden),
                       weights_[name + ".gamma"]);
  return pass;
}

at::Tensor ConvNextPass::Pooled(const at::Tensor& x) const {
  if (config_.head_norm_first) return Norm(FinalNorm(), x).mean({1, 2});
  return Norm(FinalNorm(), x.mean({1, 2}));
}

at::Tensor ConvNextPass::PreLogits(const at::Tensor& x) const {
  return Linear(weights_, kPreLogits, Pooled(x));
}

at::Tensor ConvNextPass::Features(const at::Tensor& x) const {
  // timm has GELU here, whatever the activation of the blocks.
  return config_.head_hidden_size > 0 ? at::gelu(PreLogits(x)) : Pooled(x);
}

at::Tensor ConvNextPass::Logits(const at::Tensor& x) const {
  if (!weights_.Has("head.fc.weight")) return {};
  return Linear(weights_, "head.fc", Features(x));
}

at::Tensor PatchesOf2x2(const at::Tensor& x) {
  const int64_t b = x.size(0);
  const int64_t h = x.size(1) / 2;
  const int64_t w = x.size(2) / 2;
  const int64_t d = x.size(3);
  return x.slice(1, 0, 2 * h)
      .slice(2, 0, 2 * w)
      .reshape({b, h, 2, w, 2, d})
      .permute({0, 1, 3, 5, 2, 4})
      .reshape({b, h, w, 4 * d});
}

}  // namespace wsel::calibrate
