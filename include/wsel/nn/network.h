#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <functional>

namespace wsel::nn {

// The outputs of a forward pass that distillation needs.
struct Outputs {
  // [B, classes]; if there is a distillation token, of the class token only.
  at::Tensor logits;
  // [B, classes], of the distillation token; undefined without one.
  at::Tensor dist_logits;
  // [B, D], before the final norm: the class token of the last block or, in a
  // model without one, the mean over patches or positions.
  at::Tensor feature;
};

// Called with the input of the first block, then with the output of every
// block: tokens [B, N, D] of a ViT, maps [B, H, W, D] of a ConvNeXt.
using BlockHook = std::function<void(const at::Tensor& x)>;

// The modules of an image classifier. named_parameters() are those of
// ParameterSpecs, in the same order. `drop_path_scales` [branches, B], float32
// on the images' device, are drawn by DropPathScales (drop_path.h); undefined:
// no drop path. A dropped branch contributes nothing to the residual stream.
class Network : public torch::nn::Module {
 public:
  // Images [B, C, H, W] -> features: of a ViT all tokens [B, N, D] of the last
  // block, after `norm` if that is before pooling; of a ConvNeXt the last
  // stage's map [B, D, h, w] (channels-last memory), after `norm_pre` if there
  // is one.
  virtual at::Tensor forward_features(const at::Tensor& images,
                                      const at::Tensor& drop_path_scales) = 0;
  // Features -> logits [B, classes], or the pooled, normalised features [B, D]
  // if there are no classes.
  virtual at::Tensor forward_head(const at::Tensor& features) = 0;
  // Both, with the outputs that distillation needs.
  virtual Outputs forward_outputs(const at::Tensor& images,
                                  const at::Tensor& drop_path_scales) = 0;
  // Runs the blocks only and calls `hook` with their inputs and outputs.
  virtual void visit_blocks(const at::Tensor& images,
                            const BlockHook& hook) = 0;
};

}  // namespace wsel::nn
