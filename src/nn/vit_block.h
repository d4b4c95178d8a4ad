#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>

#include "wsel/model/vit_config.h"
#include "wsel/nn/rotary.h"

namespace wsel::nn {

// A block of a ViT: tokens [B, N, D] -> [B, N, D].
class VitBlock : public torch::nn::Module {
 public:
  // `scales` [branches, B]: drop path factors of attention and MLP, or of a
  // parallel block's one branch, or undefined. `rotation` may be null.
  virtual at::Tensor forward(const at::Tensor& x, const Rotation* rotation,
                             const at::Tensor& scales) = 0;
};

// Block number `block`, its members named and ordered as in timm's.
std::shared_ptr<VitBlock> MakeVitBlock(const model::VitConfig& config,
                                       int64_t block);

}  // namespace wsel::nn
