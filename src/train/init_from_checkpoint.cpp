#include "wsel/train/init_from_checkpoint.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>

#include "wsel/model/init_rule.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/nn/initialize.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::train {
namespace {

bool IsClassifier(const model::ParameterSpec& tensor) {
  return std::any_of(tensor.axes.begin(), tensor.axes.end(),
                     [](const model::Axis& axis) {
                       return axis.role == model::Role::kClasses;
                     });
}

// A checkpoint with some tensors replaced or added.
class PatchedSource : public TensorSource {
 public:
  PatchedSource(const TensorSource& source,
                std::map<std::string, at::Tensor> patches)
      : source_(source), patches_(std::move(patches)) {
    for (const TensorSpec& spec : source.Specs()) {
      if (!patches_.contains(spec.name)) specs_.push_back(spec);
    }
    for (const auto& [name, tensor] : patches_) {
      specs_.push_back({name, tensor.sizes().vec(), DType::kF32});
    }
  }

  const std::vector<TensorSpec>& Specs() const override { return specs_; }

  TensorView View(std::string_view name) const override {
    const auto found = patches_.find(std::string(name));
    if (found == patches_.end()) return source_.View(name);
    const at::Tensor& tensor = found->second;
    return {*Find(name), ContiguousStrides(tensor.sizes().vec()),
            BytesOf(tensor), nullptr};
  }

  void Release(std::string_view name) const override {
    if (!patches_.contains(std::string(name))) source_.Release(name);
  }

 private:
  const TensorSource& source_;
  std::map<std::string, at::Tensor> patches_;
  std::vector<TensorSpec> specs_;
};

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
                                            uint64_t seed) {
  std::vector<model::ParameterSpec> classifiers;
  bool fits = true;
  for (const auto& tensor : ParameterSpecs(model.config)) {
    if (!IsClassifier(tensor)) continue;
    classifiers.push_back(tensor);
    const TensorSpec* found = source.Find(tensor.spec.name);
    fits = fits && found != nullptr && found->shape == tensor.spec.shape;
  }
  if (fits) {
    Load(model, source);
    return {};
  }
  std::map<std::string, at::Tensor> initial;
  std::vector<std::string> names;
  for (const auto& tensor : classifiers) {
    initial[tensor.spec.name] =
        nn::Draw(InitFor(model.config, tensor, initializer), tensor.spec, seed);
    names.push_back(tensor.spec.name);
  }
  Load(model, PatchedSource(source, std::move(initial)));
  return names;
}

}  // namespace wsel::train
