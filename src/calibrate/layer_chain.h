#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "wsel/calibrate/reference.h"

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
};

// `model` must outlive the chain.
LayerChain ChainOf(const Reference& model);

}  // namespace wsel::calibrate
