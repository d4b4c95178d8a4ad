#include "layer_chain.h"

#include <ATen/ATen.h>

#include "architecture.h"

namespace wsel::calibrate {

LayerChain ChainOf(const model::Config& config, const Weights& weights) {
  return ArchitectureOf(config).chain(config, weights);
}

at::Tensor LogitsOf(const LayerChain& chain, const at::Tensor& images) {
  at::Tensor x = chain.embed(images);
  for (const ChainLayer& layer : chain.layers) x = layer.forward(x);
  return chain.logits(x);
}

}  // namespace wsel::calibrate
