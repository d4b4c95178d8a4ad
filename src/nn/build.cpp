#include "wsel/nn/build.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "networks.h"
#include "wsel/core/error.h"
#include "wsel/model/drop_path.h"
#include "wsel/model/init.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/nn/initialize.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::nn {
namespace {

void CheckScales(const model::Config& config, const at::Tensor& scales,
                 const at::Tensor& images) {
  if (!scales.defined()) return;
  const Shape expected = {DropPathBranches(config), images.size(0)};
  if (scales.sizes() == at::IntArrayRef(expected)) return;
  throw Error(ErrorKind::kMismatch, "drop_path_scales",
              "has shape {}; expected {} for this model and batch",
              FormatShape(scales.sizes().vec()), FormatShape(expected));
}

// Whether `conv` [out, in, 1, 1] is the pointwise weight `linear` [out, in].
bool IsConvOf(const Shape& conv, const Shape& linear) {
  return linear.size() == 2 && conv == Shape{linear[0], linear[1], 1, 1};
}

bool Fits(const Shape& found, const Shape& expected) {
  return found == expected || IsConvOf(found, expected) ||
         IsConvOf(expected, found);
}

}  // namespace

at::Tensor Model::forward(const at::Tensor& images,
                          const at::Tensor& drop_path_scales) const {
  CheckScales(config, drop_path_scales, images);
  return module->forward_head(
      module->forward_features(images, drop_path_scales));
}

Outputs Model::forward_outputs(const at::Tensor& images,
                               const at::Tensor& drop_path_scales) const {
  CheckScales(config, drop_path_scales, images);
  return module->forward_outputs(images, drop_path_scales);
}

Model Build(const model::Config& config) {
  Validate(config, NameOf(config));
  return {config,
          std::visit([](const auto& c) { return MakeNetwork(c); }, config)};
}

void CheckFits(const TensorSpec& expected, const TensorSource& source) {
  const std::string& name = expected.name;
  const TensorSpec* found = source.Find(name);
  if (found == nullptr) {
    throw Error(
        ErrorKind::kMismatch, name,
        "is missing from the checkpoint; the model needs it with shape {}",
        FormatShape(expected.shape));
  }
  if (!Fits(found->shape, expected.shape)) {
    throw Error(ErrorKind::kMismatch, name,
                "has shape {} in the checkpoint but {} in the model",
                FormatShape(found->shape), FormatShape(expected.shape));
  }
  if (!IsFloating(found->dtype)) {
    throw Error(ErrorKind::kMismatch, name,
                "is {}; weights must be floating point",
                wsel::Name(found->dtype));
  }
}

std::vector<std::string> Load(Model& model, const TensorSource& source) {
  const auto parameters = model.module->named_parameters();
  for (const auto& parameter : parameters) {
    CheckFits({parameter.key(), parameter.value().sizes().vec()}, source);
  }
  const at::NoGradGuard no_grad;
  std::unordered_set<std::string> used;
  for (const auto& parameter : parameters) {
    const at::Tensor& to = parameter.value();
    to.copy_(Borrow(source.View(parameter.key())).reshape(to.sizes()));
    source.Release(parameter.key());
    used.insert(parameter.key());
  }
  std::vector<std::string> unexpected;
  for (const TensorSpec& spec : source.Specs()) {
    if (!used.contains(spec.name)) unexpected.push_back(spec.name);
  }
  return unexpected;
}

void ReorderClasses(Model& model, const std::vector<int64_t>& outputs) {
  // Of distinct positions: sorted, they are as they were.
  if (std::ranges::is_sorted(outputs)) return;
  const at::NoGradGuard no_grad;
  const at::Tensor index = at::tensor(outputs);
  const auto parameters = model.module->named_parameters();
  for (const model::ParameterSpec& parameter : ParameterSpecs(model.config)) {
    for (size_t axis = 0; axis < parameter.axes.size(); ++axis) {
      if (parameter.axes[axis].role != model::Role::kClasses) continue;
      const at::Tensor& rows = parameters[parameter.spec.name];
      rows.copy_(rows.index_select(static_cast<int64_t>(axis), index));
    }
  }
}

void Initialize(Model& model, model::Initializer initializer, uint64_t seed) {
  const at::NoGradGuard no_grad;
  const auto parameters = model.module->named_parameters();
  for (const model::ParameterSpec& parameter : ParameterSpecs(model.config)) {
    const at::Tensor& to = parameters[parameter.spec.name];
    to.copy_(Draw(InitFor(model.config, parameter, initializer), parameter.spec,
                  seed));
  }
}

}  // namespace wsel::nn
