#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/calibrate/weights.h"
#include "wsel/model/vit_config.h"

namespace wsel::calibrate {

// What one half of a block computes from the stream x [B, N, D].
struct AttentionHalf {
  at::Tensor qkv;    // [B, N, 3D]
  at::Tensor mixed;  // [B, N, D], before proj
  at::Tensor out;    // [B, N, D], the stream after it
};
struct MlpHalf {
  at::Tensor hidden;  // [B, N, H], after the activation
  at::Tensor out;     // [B, N, D]
};

// What a classifier reads: its name, and its input [B, D] after the norm.
struct HeadInput {
  std::string head;
  at::Tensor features;
};

// The forward pass of a ViT, half a block at a time. `weights` must outlive it.
class VitPass {
 public:
  VitPass(const model::VitConfig& config, const Weights& weights)
      : config_(config), weights_(weights) {}

  // All tokens [B, N, D], before norm_pre.
  at::Tensor Tokens(const at::Tensor& images) const;
  // The input of the first block.
  at::Tensor Embed(const at::Tensor& images) const;

  at::Tensor Norm(const std::string& name, const at::Tensor& x) const;
  // [B, N, 3D], and fc1's output [B, N, H].
  at::Tensor Qkv(int64_t block, const at::Tensor& x) const;
  at::Tensor Fc1(int64_t block, const at::Tensor& x) const;
  AttentionHalf Attend(int64_t block, const at::Tensor& x) const;
  MlpHalf Mlp(int64_t block, const at::Tensor& x) const;

  // "norm", or "fc_norm" after pooling.
  std::string FinalNorm() const;
  // The rows of the stream that the final norm is applied to for the
  // classifier: [B, 1, D] class token (with the distillation token [B, 2, D]),
  // the patches or their mean.
  at::Tensor FinalNormInput(const at::Tensor& x) const;
  // Of the outputs of the final norm on FinalNormInput.
  std::vector<HeadInput> HeadInputs(const at::Tensor& normed) const;
  // What the classifier `head` makes of its input.
  at::Tensor Read(const std::string& head, const at::Tensor& features) const;
  // [B, classes]; undefined if there are none.
  at::Tensor Logits(const at::Tensor& x) const;

  static std::string Block(int64_t block) {
    return "blocks." + std::to_string(block);
  }
  const model::VitConfig& config() const { return config_; }
  const Weights& weights() const { return weights_; }

 private:
  const model::VitConfig config_;
  const Weights& weights_;
};

}  // namespace wsel::calibrate
