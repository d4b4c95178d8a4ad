#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "wsel/calibrate/weights.h"
#include "wsel/model/config.h"

namespace wsel::calibrate {

// What a block computes from the stream x [B, H, W, D].
struct ConvNextBlock {
  at::Tensor normed;  // [B, H, W, D], what fc1 reads
  at::Tensor hidden;  // [B, H, W, 4D], what fc2 reads
  at::Tensor out;     // [B, H, W, D]
};

// The forward pass of a ConvNeXt or, if it has weights of GRN, a ConvNeXt V2,
// a layer at a time. `weights` must outlive it.
class ConvNextPass {
 public:
  ConvNextPass(const model::ConvNextConfig& config, const Weights& weights)
      : config_(config), weights_(weights) {}

  // What the second convolution of an overlapping stem reads, [B, C, H, W].
  at::Tensor StemHidden(const at::Tensor& images) const;
  // [B, H, W, D] before and after the stem's norm.
  at::Tensor StemConv(const at::Tensor& images) const;
  at::Tensor Stem(const at::Tensor& images) const;

  bool Downsamples(int stage) const;
  // [B, H, W, in], the convolution's input.
  at::Tensor DownsampleNorm(int stage, const at::Tensor& x) const;
  at::Tensor Downsample(int stage, const at::Tensor& x) const;
  // What fc1 reads [B, H, W, D], and its output [B, H, W, 4D].
  at::Tensor Normed(int stage, int64_t block, const at::Tensor& x) const;
  at::Tensor Fc1(int stage, int64_t block, const at::Tensor& normed) const;
  ConvNextBlock Block(int stage, int64_t block, const at::Tensor& x) const;

  // After pooling and the final norm, [B, D].
  at::Tensor Pooled(const at::Tensor& x) const;
  // What the hidden layer before the classifier gives, [B, head_hidden_size],
  // before its activation.
  at::Tensor PreLogits(const at::Tensor& x) const;
  // What the classifier reads, [B, D] or [B, head_hidden_size].
  at::Tensor Features(const at::Tensor& x) const;
  // [B, classes]; undefined if there are none.
  at::Tensor Logits(const at::Tensor& x) const;
  // "head.norm" or "norm_pre".
  std::string FinalNorm() const {
    return config_.head_norm_first ? "norm_pre" : "head.norm";
  }

  static std::string Name(int stage, int64_t block) {
    return "stages." + std::to_string(stage) + ".blocks." +
           std::to_string(block);
  }
  static std::string DownsampleName(int stage) {
    return "stages." + std::to_string(stage) + ".downsample";
  }
  const model::ConvNextConfig& config() const { return config_; }
  const Weights& weights() const { return weights_; }

 private:
  at::Tensor Norm(const std::string& name, const at::Tensor& x) const;

  const model::ConvNextConfig config_;
  const Weights& weights_;
};

// The ConvNeXt that a config of either version is, but for GRN, which weights
// show.
model::ConvNextConfig ConvNextOf(const model::Config& config);

// The hidden layer before the classifier.
inline constexpr const char* kPreLogits = "head.pre_logits.fc";

// The patches that a 2x2 convolution of stride 2 reads: [B, H, W, D] ->
// [B, H/2, W/2, 4D], ordered as its weight [out, D, 2, 2]. An odd last row or
// column is left out, as by the convolution.
at::Tensor PatchesOf2x2(const at::Tensor& x);

}  // namespace wsel::calibrate
