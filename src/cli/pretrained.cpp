#include "pretrained.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "wsel/core/error.h"
#include "wsel/core/json_object.h"
#include "wsel/model/config_json.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::cli {
namespace {

model::Hints HintsOf(const naming::PretrainedCfg& pretrained_cfg) {
  model::Hints hints;
  hints.norm_eps = pretrained_cfg.norm_eps;
  if (pretrained_cfg.quick_gelu) {
    hints.activation = *pretrained_cfg.quick_gelu
                           ? model::Activation::kQuickGelu
                           : model::Activation::kGelu;
  }
  return hints;
}

// Sets the model or, if names or shapes show that it is unsupported, why.
void DetectModel(PretrainedCheckpoint& pretrained) {
  try {
    pretrained.model =
        model::Detect(*pretrained.remapped.tensors,
                      HintsOf(pretrained.remapped.pretrained_cfg));
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kMismatch) throw;
    pretrained.unsupported_reason = e.what();
  }
}

// Equal shapes, or one weight both as a matrix and as a 1 x 1 convolution.
bool Fits(const Shape& found, const Shape& expected) {
  if (found == expected) return true;
  const auto& longer = found.size() > expected.size() ? found : expected;
  const auto& shorter = found.size() > expected.size() ? expected : found;
  return shorter.size() == 2 && longer == Shape{shorter[0], shorter[1], 1, 1};
}

}  // namespace

PretrainedCheckpoint OpenPretrained(const std::string& path) {
  PretrainedCheckpoint pretrained;
  pretrained.file = checkpoint::Open(path);
  pretrained.remapped = naming::RemapStateDict(*pretrained.file);
  const auto& metadata = pretrained.file->metadata();
  const auto config = metadata.find(kModelKey);
  if (config == metadata.end()) {
    DetectModel(pretrained);
    return pretrained;
  }
  pretrained.model.emplace();
  pretrained.model->config = model::ConfigFromJson(
      config->second, path + ": " + kModelKey, ErrorKind::kFormat);
  return pretrained;
}

const model::Detection& RequireModel(const PretrainedCheckpoint& pretrained) {
  const std::string path = pretrained.file->path().string();
  if (!pretrained.unsupported_reason.empty()) {
    throw Error(ErrorKind::kMismatch, path, pretrained.unsupported_reason);
  }
  if (!pretrained.model) {
    throw Error(
        ErrorKind::kMismatch, path,
        "is not a ViT or ConvNeXt under known tensor names; wsel inspect "
        "lists its tensors, and wsel init --family selects from other "
        "architectures (docs/families.md)");
  }
  if (!pretrained.remapped.unexpected.empty()) {
    const naming::UnusedKey& first = pretrained.remapped.unexpected.front();
    throw Error(ErrorKind::kMismatch, fmt::format("{}: {}", path, first.name),
                first.reason + "; see wsel inspect for the other tensors");
  }
  for (const checkpoint::UnsupportedTensor& tensor :
       pretrained.file->unsupported()) {
    if (!tensor.name.starts_with(pretrained.remapped.prefix)) continue;
    throw Error(
        ErrorKind::kMismatch, fmt::format("{}: {}", path, tensor.name),
        fmt::format("unsupported tensor among the weights: {}", tensor.reason));
  }
  return *pretrained.model;
}

std::vector<std::string> MissingKeys(const PretrainedCheckpoint& pretrained) {
  std::vector<std::string> missing;
  if (!pretrained.model) return missing;
  for (const auto& tensor : ParameterSpecs(pretrained.model->config)) {
    const TensorSpec* found =
        pretrained.remapped.tensors->Find(tensor.spec.name);
    if (found == nullptr || !Fits(found->shape, tensor.spec.shape)) {
      missing.push_back(tensor.spec.name);
    }
  }
  return missing;
}

std::optional<std::string> PretrainedMeanOrStd(
    const PretrainedCheckpoint& pretrained, const std::string& key) {
  const auto& metadata = pretrained.file->metadata();
  const auto found = metadata.find(key);
  if (found != metadata.end()) return found->second;
  const naming::PretrainedCfg& cfg = pretrained.remapped.pretrained_cfg;
  const auto& values = key == kMeanKey ? cfg.mean : cfg.std;
  if (!values) return std::nullopt;
  return nlohmann::json(*values).dump();
}

std::array<double, 3> ParseRgbTriple(const std::string& json,
                                     const std::string& where) {
  const auto value = ParseJson(json, where, ErrorKind::kFormat);
  const bool valid = value.is_array() && value.size() == 3 &&
                     std::ranges::all_of(value, [](const auto& element) {
                       return element.is_number();
                     });
  if (!valid) {
    throw Error(ErrorKind::kFormat, where,
                fmt::format("expected three values, not {}", json));
  }
  return {value[0].template get<double>(), value[1].template get<double>(),
          value[2].template get<double>()};
}

image::Normalisation PretrainedMeanStd(const PretrainedCheckpoint& pretrained) {
  image::Normalisation normalisation;
  for (const auto& [key, values] : {std::pair(kMeanKey, &normalisation.mean),
                                    std::pair(kStdKey, &normalisation.std)}) {
    if (const auto json = PretrainedMeanOrStd(pretrained, key)) {
      *values =
          ParseRgbTriple(*json, pretrained.file->path().string() + ": " + key);
    }
  }
  return normalisation;
}

}  // namespace wsel::cli
