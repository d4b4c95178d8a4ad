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

// A ViT or a ConvNeXt. Copies share their parameters.
struct Model {
  Config config;
  // A VitImpl or ConvNextImpl; its named_parameters() are those of
  // ParameterSpecs, in the same order.
  std::shared_ptr<torch::nn::Module> module;
  // Images [B, 3, H, W] -> logits [B, classes], also in two steps; vit.h and
  // convnext.h give the shape of the features.
  std::function<at::Tensor(const at::Tensor&)> forward;
  std::function<at::Tensor(const at::Tensor&)> forward_features;
  std::function<at::Tensor(const at::Tensor&)> forward_head;
  // `forward` with drop path: drop_path_scales [branches, B], float32 on the
  // images' device, as drawn by DropPathScales (drop_path.h), or undefined for
  // no drop path. A dropped branch contributes nothing to the residual stream.
  std::function<at::Tensor(const at::Tensor& images,
                           const at::Tensor& drop_path_scales)>
      forward_train;
  // The same pass, with all the outputs that distillation needs.
  std::function<Outputs(const at::Tensor& images,
                        const at::Tensor& drop_path_scales)>
      forward_outputs;
  // Runs the blocks only and calls `hook` with their inputs and outputs.
  std::function<void(const at::Tensor& images, const BlockHook& hook)>
      visit_blocks;
};

// A model whose parameters (float32, on the CPU) are uninitialised: call Load
// or Initialize next. Errors: kConfig from Validate.
Model Build(const Config& config);

// Checks one tensor of a model as Load does. Errors: kMismatch.
void CheckFits(const TensorSpec& expected, const TensorSource& source);

// Copies a checkpoint under timm's names into the model. Shapes must be equal,
// except that a pointwise weight may be [out, in] or [out, in, 1, 1] on either
// side. All tensors are checked before the first is copied. Returns the
// unexpected keys: names in `source` that the model does not use.
// Errors: kMismatch naming the tensor that is missing, has a different shape
// (with both shapes), or is not floating point.
std::vector<std::string> Load(Model& model, const TensorSource& source);

// Initialises all parameters at random. Errors: kConfig from InitFor.
void Initialize(Model& model, Initializer initializer, uint64_t seed);

}  // namespace wsel::model
