#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>

#include "wsel/model/vit_config.h"

namespace wsel::nn {

// The sines and cosines that rotate the pairs of a head's channels, broadcast
// to [B, heads, patches, head_dim].
struct Rotation {
  at::Tensor sin, cos;
  bool halves = false;  // VitConfig::rope_rotate_half
};

// q or k [B, heads, N, head_dim], the first `prefix` tokens as they are, the
// others rotated, in the type of x. As timm's apply_rot_embed_cat.
at::Tensor Rotate(const at::Tensor& x, const Rotation& rotation,
                  int64_t prefix);

// The rotary positions of a model, computed from its config; of rope 'mixed'
// from learnt frequencies. As timm's RotaryEmbeddingCat, RotaryEmbeddingMixed
// and RotaryEmbeddingDinoV3.
class RotaryImpl : public torch::nn::Module {
 public:
  explicit RotaryImpl(const model::VitConfig& config);

  // The rotation of each block, computed once per forward pass.
  struct Rotations {
    Rotation all;  // of every block, [patches, head_dim]; or
    // [blocks, heads, patches, head_dim]
    bool per_block = false;
    Rotation Of(int64_t block) const;
  };
  Rotations forward() const { return Of(freqs); }
  // That of learnt frequencies as `freqs`, which only rope 'mixed' has.
  Rotations Of(const at::Tensor& frequencies) const;

  at::Tensor freqs;  // [2, blocks, heads, head_dim / 2] of rope 'mixed'

 private:
  bool mixed_;
  bool halves_;
  // [patches, head_dim / 2]: angles of fixed frequencies; or [patches, 2]:
  // coordinates.
  at::Tensor positions_;
};
TORCH_MODULE(Rotary);

}  // namespace wsel::nn
