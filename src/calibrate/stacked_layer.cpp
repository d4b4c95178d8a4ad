#include "stacked_layer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string_view>

namespace wsel::calibrate {
namespace {

constexpr std::string_view kWeight = ".weight";

int64_t Count(const std::vector<std::string>& names) {
  return static_cast<int64_t>(names.size());
}

}  // namespace

std::string StackedLayer::Name() const {
  return weights[0].substr(0, weights[0].size() - kWeight.size());
}

bool StackedLayer::HasBias() const {
  return std::ranges::any_of(
      biases, [](const std::string& name) { return !name.empty(); });
}

StackedLayer WholeLayer(const std::string& name, bool with_bias) {
  return {{name + std::string(kWeight)},
          {with_bias ? name + ".bias" : std::string()}};
}

at::Tensor WeightOf(const StackedLayer& layer, const Weights& weights) {
  if (layer.weights.size() == 1) return weights[layer.weights[0]].flatten(1);
  std::vector<at::Tensor> parts;
  for (const std::string& name : layer.weights) {
    parts.push_back(weights[name].flatten(1));
  }
  return at::cat(parts);
}

at::Tensor BiasOf(const StackedLayer& layer, const Weights& weights) {
  if (!layer.HasBias()) return {};
  if (layer.biases.size() == 1) return weights[layer.biases[0]];
  const auto named = std::ranges::find_if(
      layer.biases, [](const std::string& name) { return !name.empty(); });
  const at::Tensor none = at::zeros_like(weights[*named]).detach();
  std::vector<at::Tensor> parts;
  for (const std::string& name : layer.biases) {
    parts.push_back(name.empty() ? none : weights[name]);
  }
  return at::cat(parts);
}

at::Tensor RowsWithBias(const StackedLayer& layer, int64_t rows) {
  const int64_t each = rows / Count(layer.biases);
  std::vector<at::Tensor> parts;
  for (const std::string& name : layer.biases) {
    parts.push_back(at::full({each}, !name.empty(), at::kBool));
  }
  return at::cat(parts);
}

void SetLayer(const StackedLayer& layer, const at::Tensor& weight,
              const at::Tensor& bias, Weights& weights) {
  const auto parts = weight.chunk(Count(layer.weights));
  for (size_t i = 0; i < layer.weights.size(); ++i) {
    const at::Tensor before = weights[layer.weights[i]];
    weights.Set(layer.weights[i],
                before.defined() ? parts[i].reshape(before.sizes()) : parts[i]);
  }
  if (!layer.HasBias()) return;
  const auto biases = bias.chunk(Count(layer.biases));
  for (size_t i = 0; i < layer.biases.size(); ++i) {
    if (!layer.biases[i].empty()) weights.Set(layer.biases[i], biases[i]);
  }
}

at::Tensor Linear(const Weights& weights, const StackedLayer& layer,
                  const at::Tensor& x) {
  return at::linear(x, WeightOf(layer, weights), BiasOf(layer, weights));
}

}  // namespace wsel::calibrate
