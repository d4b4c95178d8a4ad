#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "vit_layers.h"
#include "wsel/calibrate/weights.h"
#include "wsel/model/vit_config.h"
#include "wsel/nn/rotary.h"

namespace wsel::calibrate {

// What one half of a block computes from the stream x [B, N, D].
struct AttentionHalf {
  at::Tensor qkv;    // [B, N, 3D]
  at::Tensor mixed;  // [B, N, D], what proj reads
  at::Tensor out;    // [B, N, D], the stream after it
};
struct MlpHalf {
  at::Tensor hidden;  // [B, N, H], what fc2 reads
  at::Tensor out;     // [B, N, D]
};
// The same of a parallel block, which computes both from one product.
struct ParallelBlock {
  at::Tensor inner;   // [B, N, H + 3D], of in_proj
  at::Tensor mixed;   // [B, N, D]
  at::Tensor hidden;  // [B, N, H]
  at::Tensor out;     // [B, N, D]
};

// The steps of attention pooling, after the norm of the tokens.
struct PooledByAttention {
  at::Tensor query;     // [1, 1, D]
  at::Tensor kv;        // [B, N, 2D]
  at::Tensor attended;  // [B, D], what proj reads
  at::Tensor pooled;    // [B, D]
  at::Tensor normed;    // [B, D], what its MLP reads
  at::Tensor before;    // [B, H], before the activation
  at::Tensor hidden;    // [B, H]
  at::Tensor added;     // [B, D], by the MLP
};

// The forward pass of a ViT of any form, half a block at a time. `weights` must
// outlive it.
class VitPass {
 public:
  VitPass(const model::VitConfig& config, const Weights& weights);

  // The patch embedding [B, patches, D], before its norm.
  at::Tensor Patches(const at::Tensor& images) const;
  // All tokens [B, N, D], before norm_pre.
  at::Tensor Tokens(const at::Tensor& images) const;
  // The input of the first block.
  at::Tensor Embed(const at::Tensor& images) const;

  at::Tensor Norm(const std::string& name, const at::Tensor& x) const;
  // Without weight and bias.
  at::Tensor PlainNorm(const at::Tensor& x) const;

  // What q, k and v are computed from, and the hidden channels: the norm of x
  // or, in post-norm blocks, x itself.
  at::Tensor AttentionInput(int64_t block, const at::Tensor& x) const;
  at::Tensor HiddenInput(int64_t block, const at::Tensor& x) const;
  // [B, N, 3D], and the hidden channels before the activation: [B, N, H], of a
  // SwiGLU [B, N, 2H].
  at::Tensor Qkv(int64_t block, const at::Tensor& x) const;
  at::Tensor BeforeHidden(int64_t block, const at::Tensor& x) const;
  // What proj and fc2 read, computed from these.
  at::Tensor Mix(int64_t block, const at::Tensor& qkv) const;
  at::Tensor Hidden(int64_t block, const at::Tensor& before) const;
  // What proj and fc2 write, before layer scale and a post-norm block's norm.
  at::Tensor AttentionBranch(int64_t block, const at::Tensor& mixed) const;
  at::Tensor HiddenBranch(int64_t block, const at::Tensor& hidden) const;

  AttentionHalf Attend(int64_t block, const at::Tensor& x) const;
  MlpHalf Mlp(int64_t block, const at::Tensor& x) const;
  ParallelBlock Parallel(int64_t block, const at::Tensor& x) const;
  // The stream after the block, whatever its form.
  at::Tensor Forward(int64_t block, const at::Tensor& x) const;

  // "norm", or "fc_norm" after pooling; whether the model has it or not.
  std::string FinalNorm() const;
  // The rows of the stream that the final norm is applied to for the
  // classifier: [B, 1, D] class token (with the distillation token [B, 2, D]),
  // the pooled tokens or their mean.
  at::Tensor FinalNormInput(const at::Tensor& x) const;
  // The final norm of these, or themselves if the model has none.
  at::Tensor FinalNormed(const at::Tensor& rows) const;
  PooledByAttention PoolByAttention(const at::Tensor& normed) const;
  // What the classifiers `head` and, with a distillation token, `head_dist`
  // read of FinalNormed: [B, D] each.
  std::vector<at::Tensor> HeadInputs(const at::Tensor& normed) const;
  // What the classifier `head` makes of its input.
  at::Tensor Read(const std::string& head, const at::Tensor& features) const;
  // [B, classes]; undefined if there are none.
  at::Tensor Logits(const at::Tensor& x) const;

  static std::string Block(int64_t block) { return VitBlock(block); }
  const model::VitConfig& config() const { return config_; }
  const Weights& weights() const { return weights_; }

 private:
  // Of a model with rotary positions.
  nn::Rotation RotationOf(int64_t block) const;
  // The stream x after a branch, times its layer scale.
  at::Tensor Added(const std::string& norm, const std::string& gamma,
                   const at::Tensor& x, const at::Tensor& branch) const;

  const model::VitConfig config_;
  const Weights& weights_;
  nn::Rotary rope_ = nullptr;
};

}  // namespace wsel::calibrate
