#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "wsel/model/config.h"
#include "wsel/model/init.h"
#include "wsel/nn/network.h"
#include "wsel/tensor/source.h"

namespace wsel::nn {

// A network and its config. Copies share their parameters.
struct Model {
  model::Config config;
  std::shared_ptr<Network> module;

  // Images [B, C, H, W] -> logits [B, classes]. `drop_path_scales`: network.h.
  // Errors: kMismatch if their shape is not that of this model and batch.
  at::Tensor forward(const at::Tensor& images,
                     const at::Tensor& drop_path_scales = {}) const;
  // The same pass, with all the outputs that distillation needs.
  Outputs forward_outputs(const at::Tensor& images,
                          const at::Tensor& drop_path_scales = {}) const;
};

// A model with uninitialised parameters (float32, on the CPU): call Load
// or Initialize next. Errors: kConfig from Validate.
Model Build(const model::Config& config);

// Checks one tensor of a model as Load does. Errors: kMismatch.
void CheckFits(const TensorSpec& expected, const TensorSource& source);

// Copies a checkpoint under timm's names into the model. Shapes must be equal,
// except that a pointwise weight may be [out, in] or [out, in, 1, 1] on either
// side. All tensors are checked before the first is copied. Returns the
// unexpected keys: names in `source` that the model does not use.
// Errors: kMismatch naming the tensor that is missing, has a different shape
// (with both shapes), or is not floating point.
std::vector<std::string> Load(Model& model, const TensorSource& source);

// Moves the rows of every classifier: output i becomes what output `outputs[i]`
// was. Nothing if there are none.
void ReorderClasses(Model& model, const std::vector<int64_t>& outputs);

// Initialises all parameters at random. Errors: kConfig from InitFor.
void Initialize(Model& model, model::Initializer initializer, uint64_t seed);

}  // namespace wsel::nn
