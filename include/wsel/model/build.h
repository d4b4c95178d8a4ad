#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "wsel/model/config.h"
#include "wsel/model/init.h"
#include "wsel/model/outputs.h"
#include "wsel/tensor/source.h"

namespace wsel::model {

// A model of either family. Copies share their parameters.
struct Model {
  Config config;
  // A VitImpl or ConvNextImpl; its named_parameters() are those of Layout, in
  // that order.
  std::shared_ptr<torch::nn::Module> module;
  // Images [B, 3, H, W] -> logits [B, classes], and in two halves: see vit.h
  // and convnext.h for what the features are.
  std::function<at::Tensor(const at::Tensor&)> forward;
  std::function<at::Tensor(const at::Tensor&)> forward_features;
  std::function<at::Tensor(const at::Tensor&)> forward_head;
  // `forward` with drop path: images [B, 3, H, W], branch_scales [branches, B]
  // float32 on their device, as DropPathScales (drop_path.h) draws them; or
  // undefined, for no drop path. Of a dropped branch only the residual is left.
  std::function<at::Tensor(const at::Tensor& images,
                           const at::Tensor& branch_scales)>
      forward_train;
  // The same pass, with all that a teacher may be compared with.
  std::function<Outputs(const at::Tensor& images,
                        const at::Tensor& branch_scales)>
      forward_outputs;
  // The blocks alone, for who wants to look between them.
  std::function<void(const at::Tensor& images, const SeeBlock& see)>
      visit_blocks;
};

// A model whose parameters (float32, on the CPU) hold no numbers yet: Load or
// Initialize it. Errors: kConfig by Validate.
Model Build(const Config& config);

// Errors: kMismatch, as Load's, for one tensor of the model.
void CheckFits(const TensorSpec& wanted, const TensorSource& source);

// Copies a checkpoint under timm's names into the model. A pointwise weight
// [out, in] fits [out, in, 1, 1] and the reverse; other than that shapes must
// be equal. All are checked before the first number is copied. Returns the
// source's tensors that the model has no use for.
// Errors: kMismatch naming the tensor that is missing, has another shape (with
// both shapes), or is not floating point.
std::vector<std::string> Load(Model& model, const TensorSource& source);

// Draws all parameters. Errors: kConfig by InitFor.
void Initialize(Model& model, Initializer initializer, uint64_t seed);

}  // namespace wsel::model
