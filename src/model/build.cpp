#include "wsel/model/build.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <unordered_set>

#include "convnext.h"
#include "vit.h"
#include "wsel/core/error.h"
#include "wsel/model/drop_path.h"
#include "wsel/model/init_rule.h"
#include "wsel/model/initialize.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::model {
namespace {

void CheckScales(const at::Tensor& scales, int64_t branches,
                 const at::Tensor& images) {
  if (!scales.defined()) return;
  const Shape expected = {branches, images.size(0)};
  if (scales.sizes() == at::IntArrayRef(expected)) return;
  throw Error(
      ErrorKind::kMismatch, "drop_path_scales",
      fmt::format("has shape {}; expected {} for this model and batch",
                  FormatShape(scales.sizes().vec()), FormatShape(expected)));
}

// The forward functions share ownership of the module.
template <typename Holder>
Model MakeModel(const Config& config, Holder holder) {
  Model model;
  model.config = config;
  model.module = holder.ptr();
  model.forward = [holder](const at::Tensor& x) mutable {
    return holder->forward(x);
  };
  model.forward_features = [holder](const at::Tensor& x) mutable {
    return holder->forward_features(x);
  };
  model.forward_head = [holder](const at::Tensor& x) mutable {
    return holder->forward_head(x);
  };
  model.forward_train = [holder, branches = DropPathBranches(config)](
                            const at::Tensor& x,
                            const at::Tensor& scales) mutable {
    CheckScales(scales, branches, x);
    return holder->forward(x, scales);
  };
  model.forward_outputs = [holder, branches = DropPathBranches(config)](
                              const at::Tensor& x,
                              const at::Tensor& scales) mutable {
    CheckScales(scales, branches, x);
    return holder->forward_outputs(x, scales);
  };
  model.visit_blocks = [holder](const at::Tensor& x,
                                const BlockHook& hook) mutable {
    holder->visit_blocks(x, hook);
  };
  return model;
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

Model Build(const Config& config) {
  Validate(config, NameOf(config));
  if (const auto* vit = std::get_if<VitConfig>(&config)) {
    return MakeModel(config, Vit(*vit));
  }
  return MakeModel(config, ConvNext(std::get<ConvNextConfig>(config)));
}

void CheckFits(const TensorSpec& expected, const TensorSource& source) {
  const std::string& name = expected.name;
  const TensorSpec* found = source.Find(name);
  if (found == nullptr) {
    throw Error(ErrorKind::kMismatch, name,
                fmt::format("is missing from the checkpoint; the model needs "
                            "it with shape {}",
                            FormatShape(expected.shape)));
  }
  if (!Fits(found->shape, expected.shape)) {
    throw Error(
        ErrorKind::kMismatch, name,
        fmt::format("has shape {} in the checkpoint but {} in the model",
                    FormatShape(found->shape), FormatShape(expected.shape)));
  }
  if (!IsFloating(found->dtype)) {
    throw Error(ErrorKind::kMismatch, name,
                fmt::format("is {}; weights must be floating point",
                            wsel::Name(found->dtype)));
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
    at::Tensor to = parameter.value();
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

void Initialize(Model& model, Initializer initializer, uint64_t seed) {
  const at::NoGradGuard no_grad;
  const auto parameters = model.module->named_parameters();
  for (const ParameterSpec& parameter : ParameterSpecs(model.config)) {
    at::Tensor to = parameters[parameter.spec.name];
    to.copy_(Draw(InitFor(model.config, parameter, initializer), parameter.spec,
                  seed));
  }
}

}  // namespace wsel::model
