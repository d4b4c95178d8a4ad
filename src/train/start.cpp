#include "wsel/train/start.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>

#include "wsel/model/init_rule.h"
#include "wsel/model/initialize.h"
#include "wsel/model/layout.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::train {
namespace {

bool IsClassifier(const model::ModelTensor& tensor) {
  return std::any_of(tensor.axes.begin(), tensor.axes.end(),
                     [](const model::Axis& axis) {
                       return axis.role == model::Role::kClasses;
                     });
}

// A checkpoint with some tensors replaced or added.
class Replaced : public TensorSource {
 public:
  Replaced(const TensorSource& source, std::map<std::string, at::Tensor> with)
      : source_(source), with_(std::move(with)) {
    for (const TensorSpec& spec : source.Specs()) {
      if (!with_.contains(spec.name)) specs_.push_back(spec);
    }
    for (const auto& [name, tensor] : with_) {
      specs_.push_back({name, tensor.sizes().vec(), DType::kF32});
    }
  }

  const std::vector<TensorSpec>& Specs() const override { return specs_; }

  TensorView View(std::string_view name) const override {
    const auto found = with_.find(std::string(name));
    if (found == with_.end()) return source_.View(name);
    const at::Tensor& tensor = found->second;
    return {*Find(name), ContiguousStrides(tensor.sizes().vec()),
            BytesOf(tensor), nullptr};
  }

  void Drop(std::string_view name) const override {
    if (!with_.contains(std::string(name))) source_.Drop(name);
  }

 private:
  const TensorSource& source_;
  std::map<std::string, at::Tensor> with_;
  std::vector<TensorSpec> specs_;
};

}  // namespace

void CheckStart(const model::Config& config, const TensorSource& source) {
  for (const auto& tensor : Layout(config)) {
    if (!IsClassifier(tensor)) model::CheckFits(tensor.spec, source);
  }
}

std::vector<std::string> LoadStart(model::Model& model,
                                   const TensorSource& source,
                                   model::Initializer fresh, uint64_t seed) {
  std::vector<model::ModelTensor> classifiers;
  bool fits = true;
  for (const auto& tensor : Layout(model.config)) {
    if (!IsClassifier(tensor)) continue;
    classifiers.push_back(tensor);
    const TensorSpec* found = source.Find(tensor.spec.name);
    fits = fits && found != nullptr && found->shape == tensor.spec.shape;
  }
  if (fits) {
    Load(model, source);
    return {};
  }
  std::map<std::string, at::Tensor> drawn;
  std::vector<std::string> names;
  for (const auto& tensor : classifiers) {
    drawn[tensor.spec.name] =
        Draw(InitFor(model.config, tensor, fresh), tensor.spec, seed);
    names.push_back(tensor.spec.name);
  }
  Load(model, Replaced(source, std::move(drawn)));
  return names;
}

}  // namespace wsel::train
