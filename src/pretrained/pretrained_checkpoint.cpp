#include "wsel/pretrained/pretrained_checkpoint.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <map>
#include <unordered_set>

#include "wsel/core/error.h"
#include "wsel/model/config_json.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/model/variants.h"
#include "wsel/run/metadata_keys.h"

namespace wsel::pretrained {
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
void DetectModel(PretrainedCheckpoint& checkpoint) {
  try {
    checkpoint.model =
        model::Detect(*checkpoint.remapped.tensors,
                      HintsOf(checkpoint.remapped.pretrained_cfg));
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kMismatch) throw;
    checkpoint.unsupported_reason = e.what();
  }
}

// Equal shapes, or one weight both as a matrix and as a 1 x 1 convolution.
bool Fits(const Shape& found, const Shape& expected) {
  if (found == expected) return true;
  const auto& longer = found.size() > expected.size() ? found : expected;
  const auto& shorter = found.size() > expected.size() ? expected : found;
  return shorter.size() == 2 && longer == Shape{shorter[0], shorter[1], 1, 1};
}

template <typename Tensor>
void LogReasons(const std::vector<Tensor>& tensors, std::string_view what) {
  std::map<std::string, size_t> counts;
  for (const Tensor& tensor : tensors) ++counts[tensor.reason];
  for (const auto& [reason, count] : counts) {
    spdlog::info("{} {} tensor{}: {}", what, count, count == 1 ? "" : "s",
                 reason);
  }
}

}  // namespace

PretrainedCheckpoint Open(const std::string& path) {
  PretrainedCheckpoint checkpoint;
  checkpoint.file = checkpoint::Open(path);
  checkpoint.remapped = naming::RemapStateDict(*checkpoint.file);
  const auto& metadata = checkpoint.file->metadata();
  const auto config = metadata.find(run::kModelKey);
  if (config == metadata.end()) {
    DetectModel(checkpoint);
    return checkpoint;
  }
  checkpoint.model.emplace();
  checkpoint.model->config = model::ConfigFromJson(
      config->second, path + ": " + run::kModelKey, ErrorKind::kFormat);
  return checkpoint;
}

const model::Detection& RequireModel(const PretrainedCheckpoint& checkpoint) {
  const std::string path = checkpoint.file->path().string();
  if (!checkpoint.unsupported_reason.empty()) {
    throw Error(ErrorKind::kMismatch, path, checkpoint.unsupported_reason);
  }
  if (!checkpoint.model) {
    throw Error(ErrorKind::kMismatch, path,
                "is not a ViT or ConvNeXt under known tensor names; wsel "
                "inspect lists its tensors, and wsel init --family selects "
                "from other architectures (docs/families.md)");
  }
  if (!checkpoint.remapped.unexpected.empty()) {
    const naming::UnusedKey& first = checkpoint.remapped.unexpected.front();
    throw Error(ErrorKind::kMismatch, fmt::format("{}: {}", path, first.name),
                first.reason + "; see wsel inspect for the other tensors");
  }
  for (const checkpoint::UnsupportedTensor& tensor :
       checkpoint.file->unsupported()) {
    if (!tensor.name.starts_with(checkpoint.remapped.prefix)) continue;
    throw Error(ErrorKind::kMismatch, fmt::format("{}: {}", path, tensor.name),
                "unsupported tensor among the weights: {}", tensor.reason);
  }
  return *checkpoint.model;
}

std::vector<std::string> MissingKeys(const PretrainedCheckpoint& checkpoint) {
  std::vector<std::string> missing;
  if (!checkpoint.model) return missing;
  for (const auto& tensor : ParameterSpecs(checkpoint.model->config)) {
    const TensorSpec* found =
        checkpoint.remapped.tensors->Find(tensor.spec.name);
    if (found == nullptr || !Fits(found->shape, tensor.spec.shape)) {
      missing.push_back(tensor.spec.name);
    }
  }
  return missing;
}

void LogLoadReport(const PretrainedCheckpoint& checkpoint) {
  const naming::RemappedStateDict& remapped = checkpoint.remapped;
  if (!remapped.prefix.empty()) {
    spdlog::info("using the weights under '{}'", remapped.prefix);
  }
  LogReasons(remapped.ignored, "ignored");
  LogReasons(checkpoint.file->unsupported(), "could not read");
  for (const std::string& warning : remapped.warnings) {
    spdlog::info("assumed: {}", warning);
  }
  if (!checkpoint.model) return;
  for (const std::string& assumption : checkpoint.model->assumptions) {
    spdlog::info("assumed: {}", assumption);
  }
}

void RequireNoUnexpectedKeys(const PretrainedCheckpoint& checkpoint,
                             const model::Config& config) {
  std::unordered_set<std::string> names;
  for (const auto& tensor : ParameterSpecs(config))
    names.insert(tensor.spec.name);
  for (const TensorSpec& spec : checkpoint.remapped.tensors->Specs()) {
    if (names.contains(spec.name)) continue;
    throw Error(
        ErrorKind::kMismatch,
        fmt::format("{}: {}", checkpoint.file->path().string(), spec.name),
        "unexpected key: {} has no such tensor; wsel inspect shows the file's "
        "model",
        NameOf(config));
  }
}

std::optional<model::Config> ModelByFileName(const std::string& path) {
  try {
    return model::FindVariant(std::filesystem::path(path).stem().string())
        .config;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace wsel::pretrained
