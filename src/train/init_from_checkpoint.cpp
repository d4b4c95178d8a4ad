#include "wsel/train/init_from_checkpoint.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>

#include "wsel/model/adapt_in_chans.h"
#include "wsel/model/init.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/nn/initialize.h"
#include "wsel/tensor/floats.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::train {
namespace {

bool IsClassifier(const model::ParameterSpec& tensor) {
  return std::ranges::find(tensor.axes, model::Role::kClasses,
                           &model::Axis::role) != tensor.axes.end();
}

// As it must be in the file for images of 3 channels, if the model takes
// another number.
std::optional<TensorSpec> ForRgb(const model::ParameterSpec& tensor) {
  const auto channels = std::ranges::find(
      tensor.axes, model::Role::kImageChannels, &model::Axis::role);
  if (channels == tensor.axes.end()) return std::nullopt;
  TensorSpec spec = tensor.spec;
  auto& size =
      spec.shape.at(static_cast<size_t>(channels - tensor.axes.begin()));
  if (model::CanAdaptInChans(size)) return std::nullopt;
  size = 3;
  return spec;
}

// Whether the file's first convolution is to be adapted to the model's images.
bool IsAdapted(const model::ParameterSpec& tensor, const TensorSource& source) {
  const auto rgb = ForRgb(tensor);
  const TensorSpec* found = source.Find(tensor.spec.name);
  return rgb && found != nullptr && found->shape == rgb->shape;
}

at::Tensor Adapted(const model::ParameterSpec& tensor,
                   const TensorSource& source) {
  const Floats kernels(source.View(tensor.spec.name));
  const Shape& shape = tensor.spec.shape;  // [width, in_chans, k, k]
  const auto values =
      model::AdaptInChans(kernels.values(), shape[2] * shape[3], shape[1]);
  return at::tensor(values, at::kFloat).view(shape);
}

// Whether all classifiers are in the file, in the model's shapes.
bool HeadsFit(const std::vector<model::ParameterSpec>& tensors,
              const TensorSource& source) {
  return std::ranges::all_of(tensors, [&](const auto& tensor) {
    if (!IsClassifier(tensor)) return true;
    const TensorSpec* found = source.Find(tensor.spec.name);
    return found != nullptr && found->shape == tensor.spec.shape;
  });
}

}  // namespace

bool AdaptsInChans(const model::Config& config, const TensorSource& source) {
  return std::ranges::any_of(ParameterSpecs(config), [&](const auto& tensor) {
    return IsAdapted(tensor, source);
  });
}

void CheckInitCheckpoint(const model::Config& config,
                         const TensorSource& source) {
  for (const auto& tensor : ParameterSpecs(config)) {
    if (IsClassifier(tensor)) continue;
    nn::CheckFits(IsAdapted(tensor, source) ? *ForRgb(tensor) : tensor.spec,
                  source);
  }
}

std::vector<std::string> InitFromCheckpoint(nn::Model& model,
                                            const TensorSource& source,
                                            model::Initializer initializer,
                                            uint64_t seed,
                                            bool keep_classifier) {
  const auto tensors = ParameterSpecs(model.config);
  const bool keeps_heads = keep_classifier && HeadsFit(tensors, source);
  if (keeps_heads && !AdaptsInChans(model.config, source)) {
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
    if (IsAdapted(tensor, source)) {
      to.copy_(Adapted(tensor, source));
      source.Release(name);
    } else if (IsClassifier(tensor) && !keeps_heads) {
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
