#include "layer_chain.h"

#include <ATen/ATen.h>

#include "architecture.h"

namespace wsel::calibrate {

LayerChain ChainOf(const model::Config& config, const Weights& weights) {
  return ArchitectureOf(config).chain(config, weights);
}

at::Tensor LastStream(const LayerChain& chain, const at::Tensor& images,
                      const OnBlock& on_block) {
  at::Tensor x = chain.embed(images);
  for (const ChainLayer& layer : chain.layers) {
    x = layer.forward(x);
    if (on_block && layer.block >= 0) on_block(layer, x);
  }
  return x;
}

at::Tensor LogitsOf(const LayerChain& chain, const at::Tensor& images) {
  return chain.logits(LastStream(chain, images));
}

}  // namespace wsel::calibrate
