#include "wsel/train/init_from_checkpoint.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "wsel/model/init.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/nn/initialize.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::train {
namespace {

bool IsClassifier(const model::ParameterSpec& tensor) {
  return std::ranges::find(tensor.axes, model::Role::kClasses,
                           &model::Axis::role) != tensor.axes.end();
}

}  // namespace

void CheckInitCheckpoint(const model::Config& config,
                         const TensorSource& source) {
  for (const auto& tensor : ParameterSpecs(config)) {
    if (!IsClassifier(tensor)) nn::CheckFits(tensor.spec, source);
  }
}

std::vector<std::string> InitFromCheckpoint(nn::Model& model,
                                            const TensorSource& source,
                                            model::Initializer initializer,
                                            uint64_t seed,
                                            bool keep_classifier) {
  const auto tensors = ParameterSpecs(model.config);
  const bool fits = std::ranges::all_of(tensors, [&](const auto& tensor) {
    if (!IsClassifier(tensor)) return true;
    const TensorSpec* found = source.Find(tensor.spec.name);
    return found != nullptr && found->shape == tensor.spec.shape;
  });
  if (fits && keep_classifier) {
    Load(model, source);
    return {};
  }
  CheckInitCheckpoint(model.config, source);
  const at::NoGradGuard no_grad;
  const auto parameters = model.module->named_parameters();
  std::vector<std::string> drawn;
  for (const auto& tensor : tensors) {
    const std::string& name = tensor.spec.name;
    const at::Tensor& to = parameters[name];
    if (IsClassifier(tensor)) {
      to.copy_(nn::Draw(InitFor(model.config, tensor, initializer), tensor.spec,
                        seed));
      drawn.push_back(name);
    } else {
      to.copy_(Borrow(source.View(name)).reshape(to.sizes()));
      source.Release(name);
    }
  }
  return drawn;
}

}  // namespace wsel::train
