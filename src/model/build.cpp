#include "wsel/model/build.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <unordered_set>

#include "wsel/core/error.h"
#include "wsel/model/convnext.h"
#include "wsel/model/drop_path.h"
#include "wsel/model/init_rule.h"
#include "wsel/model/initialize.h"
#include "wsel/model/layout.h"
#include "wsel/model/vit.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::model {
namespace {

void CheckScales(const at::Tensor& scales, int64_t branches,
                 const at::Tensor& images) {
  if (!scales.defined()) return;
  const Shape wanted = {branches, images.size(0)};
  if (scales.sizes() == at::IntArrayRef(wanted)) return;
  throw Error(
      ErrorKind::kMismatch, "branch_scales",
      fmt::format("has shape {}; the model and the batch need {}",
                  FormatShape(scales.sizes().vec()), FormatShape(wanted)));
}

// The forward functions share ownership of the module.
template <typename Holder>
Model Wrap(const Config& config, Holder holder) {
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
                                const SeeBlock& see) mutable {
    holder->visit_blocks(x, see);
  };
  return model;
}

// Whether `conv` [out, in, 1, 1] is the pointwise weight `linear` [out, in].
bool IsConvOf(const Shape& conv, const Shape& linear) {
  return linear.size() == 2 && conv == Shape{linear[0], linear[1], 1, 1};
}

bool Fits(const Shape& found, const Shape& wanted) {
  return found == wanted || IsConvOf(found, wanted) || IsConvOf(wanted, found);
}

}  // namespace

Model Build(const Config& config) {
  Validate(config, NameOf(config));
  if (const auto* vit = std::get_if<VitConfig>(&config)) {
    return Wrap(config, Vit(*vit));
  }
  return Wrap(config, ConvNext(std::get<ConvNextConfig>(config)));
}

void CheckFits(const TensorSpec& wanted, const TensorSource& source) {
  const std::string& name = wanted.name;
  const TensorSpec* found = source.Find(name);
  if (found == nullptr) {
    throw Error(ErrorKind::kMismatch, name,
                fmt::format("is missing from the checkpoint; the model needs "
                            "it with shape {}",
                            FormatShape(wanted.shape)));
  }
  if (!Fits(found->shape, wanted.shape)) {
    throw Error(
        ErrorKind::kMismatch, name,
        fmt::format("has shape {} in the checkpoint, {} in the model",
                    FormatShape(found->shape), FormatShape(wanted.shape)));
  }
  if (!IsFloating(found->dtype)) {
    throw Error(ErrorKind::kMismatch, name,
                fmt::format("holds {}; weights are floating point",
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
    source.Drop(parameter.key());
    used.insert(parameter.key());
  }
  std::vector<std::string> unused;
  for (const TensorSpec& spec : source.Specs()) {
    if (!used.contains(spec.name)) unused.push_back(spec.name);
  }
  return unused;
}

void Initialize(Model& model, Initializer initializer, uint64_t seed) {
  const at::NoGradGuard no_grad;
  const auto parameters = model.module->named_parameters();
  for (const ModelTensor& tensor : Layout(model.config)) {
    at::Tensor to = parameters[tensor.spec.name];
    to.copy_(
        Draw(InitFor(model.config, tensor, initializer), tensor.spec, seed));
  }
}

}  // namespace wsel::model
