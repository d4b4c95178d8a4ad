#include "wsel/cli/weights.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "wsel/core/error.h"
#include "wsel/core/json_object.h"
#include "wsel/model/config_json.h"
#include "wsel/model/layout.h"

namespace wsel::cli {
namespace {

model::Hints HintsOf(const naming::Facts& facts) {
  model::Hints hints;
  hints.norm_eps = facts.norm_eps;
  if (facts.quick_gelu) {
    hints.activation = *facts.quick_gelu ? model::Activation::kQuickGelu
                                         : model::Activation::kGelu;
  }
  return hints;
}

// Says why a file is no model where names or shapes tell it.
void DetectModel(Weights& weights) {
  try {
    weights.model =
        model::Detect(*weights.adapted.tensors, HintsOf(weights.adapted.facts));
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kMismatch) throw;
    weights.refusal = e.what();
  }
}

// Equal shapes, or a pointwise weight as a matrix and as a convolution.
bool Fits(const Shape& found, const Shape& wanted) {
  if (found == wanted) return true;
  const auto& longer = found.size() > wanted.size() ? found : wanted;
  const auto& shorter = found.size() > wanted.size() ? wanted : found;
  return shorter.size() == 2 && longer == Shape{shorter[0], shorter[1], 1, 1};
}

}  // namespace

Weights OpenWeights(const std::string& path) {
  Weights weights;
  weights.file = checkpoint::Open(path);
  weights.adapted = naming::Adapt(*weights.file);
  const auto& metadata = weights.file->metadata();
  const auto own = metadata.find(kModelKey);
  if (own == metadata.end()) {
    DetectModel(weights);
    return weights;
  }
  weights.model.emplace();
  weights.model->config = model::ConfigFromJson(
      own->second, path + ": " + kModelKey, ErrorKind::kFormat);
  return weights;
}

const model::Detection& RequireModel(const Weights& weights) {
  const std::string path = weights.file->path().string();
  if (!weights.refusal.empty()) {
    throw Error(ErrorKind::kMismatch, path, weights.refusal);
  }
  if (!weights.model) {
    throw Error(ErrorKind::kMismatch, path,
                "holds no ViT or ConvNeXt under names that are known here; "
                "wsel inspect lists what it holds, and wsel init --family "
                "selects by a table of its names (docs/families.md)");
  }
  if (!weights.adapted.refused.empty()) {
    const naming::Unused& first = weights.adapted.refused.front();
    throw Error(ErrorKind::kMismatch, fmt::format("{}: {}", path, first.name),
                first.reason +
                    "; wsel inspect lists what became of each "
                    "tensor");
  }
  for (const checkpoint::Unread& unread : weights.file->unread()) {
    if (!unread.name.starts_with(weights.adapted.prefix)) continue;
    throw Error(ErrorKind::kMismatch, fmt::format("{}: {}", path, unread.name),
                fmt::format("lies among the weights and cannot be read: {}",
                            unread.reason));
  }
  return *weights.model;
}

std::vector<std::string> MissingTensors(const Weights& weights) {
  std::vector<std::string> missing;
  if (!weights.model) return missing;
  for (const auto& tensor : Layout(weights.model->config)) {
    const TensorSpec* found = weights.adapted.tensors->Find(tensor.spec.name);
    if (found == nullptr || !Fits(found->shape, tensor.spec.shape)) {
      missing.push_back(tensor.spec.name);
    }
  }
  return missing;
}

std::optional<std::string> PicturesOf(const Weights& weights,
                                      const std::string& key) {
  const auto& metadata = weights.file->metadata();
  const auto found = metadata.find(key);
  if (found != metadata.end()) return found->second;
  const naming::Facts& facts = weights.adapted.facts;
  const auto& values = key == kMeanKey ? facts.mean : facts.std;
  if (!values) return std::nullopt;
  return nlohmann::json(*values).dump();
}

std::array<double, 3> ThreeNumbers(const std::string& json,
                                   const std::string& where) {
  const auto value = ParseJson(json, where, ErrorKind::kFormat);
  const bool numbers = value.is_array() && value.size() == 3 &&
                       std::ranges::all_of(value, [](const auto& element) {
                         return element.is_number();
                       });
  if (!numbers) {
    throw Error(ErrorKind::kFormat, where,
                fmt::format("is {}, not three numbers", json));
  }
  return {value[0].template get<double>(), value[1].template get<double>(),
          value[2].template get<double>()};
}

train::Normalisation NormalisationOf(const Weights& weights) {
  train::Normalisation normalisation;
  for (const auto& [key, values] : {std::pair(kMeanKey, &normalisation.mean),
                                    std::pair(kStdKey, &normalisation.std)}) {
    if (const auto filed = PicturesOf(weights, key)) {
      *values =
          ThreeNumbers(*filed, weights.file->path().string() + ": " + key);
    }
  }
  return normalisation;
}

}  // namespace wsel::cli
