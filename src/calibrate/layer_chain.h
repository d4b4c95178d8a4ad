#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "wsel/calibrate/weights.h"
#include "wsel/model/config.h"

namespace wsel::calibrate {

// A model as a chain of layers that each take a residual stream to the next.
struct ChainLayer {
  std::string name;
  int stage = 0;
  int64_t block = -1;  // within its stage; -1: a downsampling, which stays
  std::function<at::Tensor(const at::Tensor& x)> forward;
};
struct LayerChain {
  std::function<at::Tensor(const at::Tensor& images)> embed;
  std::vector<ChainLayer> layers;
  // What the classifier reads, or would: [B, ..., D].
  std::function<at::Tensor(const at::Tensor& x)> features;
  // [B, classes]; undefined if there is no classifier.
  std::function<at::Tensor(const at::Tensor& x)> logits;
};

// `weights` must outlive the chain.
LayerChain ChainOf(const model::Config& config, const Weights& weights);

// The residual stream of images [B, C, H, W] after the last layer; calls
// `on_block`, if there is one, with the stream after each block.
using OnBlock = std::function<void(const ChainLayer&, const at::Tensor& x)>;
at::Tensor LastStream(const LayerChain& chain, const at::Tensor& images,
                      const OnBlock& on_block = {});

// The logits of images [B, C, H, W]. Autograd follows them.
at::Tensor LogitsOf(const LayerChain& chain, const at::Tensor& images);

}  // namespace wsel::calibrate
