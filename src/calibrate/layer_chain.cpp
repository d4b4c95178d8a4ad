#include "layer_chain.h"

#include <ATen/ATen.h>

#include <memory>
#include <variant>

#include "convnext_pass.h"
#include "vit_pass.h"

namespace wsel::calibrate {
namespace {

LayerChain VitChain(const model::VitConfig& config, const Weights& weights) {
  const auto pass = std::make_shared<const VitPass>(config, weights);
  LayerChain chain;
  chain.embed = [pass](const at::Tensor& images) {
    return pass->Embed(images);
  };
  for (int64_t b = 0; b < config.depth; ++b) {
    chain.layers.push_back(
        {VitPass::Block(b), 0, b,
         [pass, b](const at::Tensor& x) { return pass->Forward(b, x); }});
  }
  chain.features = [pass](const at::Tensor& x) {
    const auto normed = pass->FinalNormed(pass->FinalNormInput(x));
    return pass->config().pooling == model::Pooling::kAttention
               ? pass->HeadInputs(normed)[0].features
               : normed;
  };
  chain.logits = [pass](const at::Tensor& x) { return pass->Logits(x); };
  return chain;
}

LayerChain ConvNextChain(const model::ConvNextConfig& config,
                         const Weights& weights) {
  const auto pass = std::make_shared<const ConvNextPass>(config, weights);
  LayerChain chain;
  chain.embed = [pass](const at::Tensor& images) { return pass->Stem(images); };
  for (int stage = 0; stage < 4; ++stage) {
    if (pass->Downsamples(stage)) {
      chain.layers.push_back({ConvNextPass::DownsampleName(stage), stage, -1,
                              [pass, stage](const at::Tensor& x) {
                                return pass->Downsample(stage, x);
                              }});
    }
    for (int64_t b = 0; b < config.depths[stage]; ++b) {
      chain.layers.push_back({ConvNextPass::Name(stage, b), stage, b,
                              [pass, stage, b](const at::Tensor& x) {
                                return pass->Block(stage, b, x).out;
                              }});
    }
  }
  chain.features = [pass](const at::Tensor& x) { return pass->Features(x); };
  chain.logits = [pass](const at::Tensor& x) { return pass->Logits(x); };
  return chain;
}

}  // namespace

LayerChain ChainOf(const model::Config& config, const Weights& weights) {
  if (const auto* vit = std::get_if<model::VitConfig>(&config)) {
    return VitChain(*vit, weights);
  }
  return ConvNextChain(ConvNextOf(config), weights);
}

at::Tensor LogitsOf(const LayerChain& chain, const at::Tensor& images) {
  at::Tensor x = chain.embed(images);
  for (const ChainLayer& layer : chain.layers) x = layer.forward(x);
  return chain.logits(x);
}

}  // namespace wsel::calibrate
