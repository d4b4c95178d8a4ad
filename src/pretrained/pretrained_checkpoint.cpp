#include "wsel/pretrained/pretrained_checkpoint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <map>
#include <unordered_set>

#include "part_of_model.h"
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
  hints.num_heads = pretrained_cfg.num_heads;
  if (pretrained_cfg.quick_gelu) {
    hints.activation = *pretrained_cfg.quick_gelu
                           ? model::Activation::kQuickGelu
                           : model::Activation::kGelu;
  }
  return hints;
}

// Leaves out what lies beside a checkpoint and describes another model.
void CheckBeside(const model::Config& config, Beside& beside) {
  if (beside.width && beside.width->value != NumFeatures(config)) {
    const std::string remark = fmt::format(
        "{} is of a model of width {}, this one has {}; it is not used",
        beside.width->file, beside.width->value, NumFeatures(config));
    beside = {};
    beside.remarks = {remark};
  }
  const auto& classes = beside.classes;
  const auto outputs = static_cast<size_t>(NumClasses(config));
  if (classes && outputs > 0 && classes->value.size() != outputs) {
    beside.remarks.push_back(fmt::format(
        "{} names {} classes, the classifier has {} outputs; the names are not "
        "used",
        classes->file, classes->value.size(), outputs));
  }
  if (classes && classes->value.size() != outputs) beside.classes.reset();
}

// Drops assumptions that what is recorded or lies beside the file settles.
void DropWarnings(naming::RemappedStateDict& remapped, std::string_view part) {
  std::erase_if(remapped.warnings, [&](const std::string& warning) {
    return warning.find(part) != std::string::npos;
  });
}

// What a neighbour states replaces what is known of the library in general.
void AddBeside(PretrainedCheckpoint& checkpoint, model::Hints hints) {
  Beside& beside = checkpoint.beside;
  CheckBeside(checkpoint.model->config, beside);
  if (beside.norm_eps) hints.norm_eps = beside.norm_eps->value;
  if (beside.activation) hints.activation = beside.activation->value;
  const int64_t width = NumFeatures(checkpoint.model->config);
  if (beside.num_heads &&
      (beside.num_heads->value < 1 || width % beside.num_heads->value != 0)) {
    beside.remarks.push_back(fmt::format(
        "{} says {} heads, which do not divide the width {}; it is not used",
        beside.num_heads->file, beside.num_heads->value, width));
    beside.num_heads.reset();
  }
  if (beside.num_heads && !hints.num_heads) {
    hints.num_heads = beside.num_heads->value;
  }
  if (beside.norm_eps || beside.activation) {
    DropWarnings(checkpoint.remapped, "which config.json may override");
  }
  if (beside.norm_eps || beside.activation || beside.num_heads) {
    checkpoint.model = model::Detect(*checkpoint.remapped.tensors, hints);
  }
  if (beside.unsupported.empty()) return;
  checkpoint.model.reset();
  checkpoint.unsupported_reason =
      fmt::format("{}; --model or --teacher-model can say what it is to be",
                  fmt::join(beside.unsupported, "; "));
}

// Sets the model or, if names, shapes or a neighbour show that it is
// unsupported, why.
void DetectModel(PretrainedCheckpoint& checkpoint, int64_t num_heads) {
  auto hints = HintsOf(checkpoint.remapped.pretrained_cfg);
  if (num_heads > 0) hints.num_heads = num_heads;
  try {
    checkpoint.model = model::Detect(*checkpoint.remapped.tensors, hints);
    if (checkpoint.model) AddBeside(checkpoint, hints);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kMismatch) throw;
    checkpoint.model.reset();
    checkpoint.unsupported_reason = e.what();
  }
  if (checkpoint.model && MissingKeys(checkpoint).empty()) return;
  const std::string part = PartOfModel(*checkpoint.file);
  if (part.empty()) return;
  checkpoint.model.reset();
  checkpoint.unsupported_reason = part;
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

// A number of heads that the user says is not used where the model has another.
void CheckGivenHeads(const PretrainedCheckpoint& checkpoint,
                     int64_t num_heads) {
  if (num_heads == 0 || !checkpoint.model) return;
  const int64_t own = NumHeads(checkpoint.model->config);
  if (own == num_heads) return;
  spdlog::warn("{}: has {} attention heads; --num-heads {} is not used",
               checkpoint.file->path().string(), own, num_heads);
}

// Errors: kMismatch for a tensor among the weights that cannot be read.
void RequireReadable(const PretrainedCheckpoint& checkpoint) {
  for (const checkpoint::UnsupportedTensor& tensor :
       checkpoint.file->unsupported()) {
    if (!IsAmongWeights(checkpoint.remapped, tensor.name)) continue;
    const std::string path = checkpoint.file->path().string();
    throw Error(ErrorKind::kMismatch, fmt::format("{}: {}", path, tensor.name),
                "unsupported tensor among the weights: {}", tensor.reason);
  }
}

}  // namespace

PretrainedCheckpoint Open(const std::string& path,
                          const naming::CopyChoice& copy, int64_t num_heads) {
  PretrainedCheckpoint checkpoint;
  checkpoint.file = checkpoint::Open(path);
  checkpoint.remapped = naming::RemapStateDict(*checkpoint.file, copy);
  checkpoint.unsupported_reason = checkpoint.remapped.problem;
  if (!checkpoint.unsupported_reason.empty()) return checkpoint;
  const auto& metadata = checkpoint.file->metadata();
  const auto config = metadata.find(run::kModelKey);
  if (config == metadata.end()) {
    if (!metadata.contains(run::kVersionKey)) {
      checkpoint.beside = ReadBeside(checkpoint.file->path());
    }
    DetectModel(checkpoint, num_heads);
  } else {
    checkpoint.model.emplace();
    checkpoint.model->config = model::ConfigFromJson(
        config->second, path + ": " + run::kModelKey, ErrorKind::kFormat);
    DropWarnings(checkpoint.remapped, "config.json");
  }
  CheckGivenHeads(checkpoint, num_heads);
  return checkpoint;
}

void RequireSupportedKeys(const PretrainedCheckpoint& checkpoint) {
  const std::string path = checkpoint.file->path().string();
  if (!checkpoint.remapped.problem.empty()) {
    throw Error(ErrorKind::kMismatch, path, checkpoint.remapped.problem);
  }
  if (!checkpoint.remapped.unexpected.empty()) {
    const naming::UnusedKey& first = checkpoint.remapped.unexpected.front();
    throw Error(ErrorKind::kMismatch, fmt::format("{}: {}", path, first.name),
                first.reason + "; see wsel inspect for the other tensors");
  }
  RequireReadable(checkpoint);
}

const model::Detection& RequireModel(const PretrainedCheckpoint& checkpoint) {
  const std::string path = checkpoint.file->path().string();
  RequireReadable(checkpoint);
  if (!checkpoint.unsupported_reason.empty()) {
    throw Error(ErrorKind::kMismatch, path, checkpoint.unsupported_reason);
  }
  if (!checkpoint.model) {
    throw Error(ErrorKind::kMismatch, path,
                "is not a ViT or ConvNeXt under known tensor names; wsel "
                "inspect lists its tensors, and wsel init --family selects "
                "from other architectures (docs/families.md)");
  }
  RequireSupportedKeys(checkpoint);
  return *checkpoint.model;
}

void RequireKnownHeads(const PretrainedCheckpoint& checkpoint) {
  if (!checkpoint.model || checkpoint.model->knows_heads) return;
  throw Error(ErrorKind::kMismatch, checkpoint.file->path().string(),
              "several numbers of heads divide its width, {}, and nothing says "
              "which it has; give it by --num-heads, for a teacher by "
              "--teacher-model or teacher.num_heads",
              NumFeatures(checkpoint.model->config));
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

std::string DescribeCopy(const naming::RemappedStateDict& remapped) {
  if (remapped.other_copies.empty()) {
    return remapped.prefix.empty()
               ? ""
               : fmt::format("the weights under '{}'", remapped.prefix);
  }
  return fmt::format(
      "the weights under '{}', not those under '{}' (--checkpoint-key or "
      "--no-ema chooses)",
      remapped.prefix, fmt::join(remapped.other_copies, "' or '"));
}

void LogLoadReport(const PretrainedCheckpoint& checkpoint, bool model_given) {
  const naming::RemappedStateDict& remapped = checkpoint.remapped;
  if (const std::string copy = DescribeCopy(remapped); !copy.empty()) {
    spdlog::info("using {}", copy);
  }
  LogReasons(remapped.ignored, "ignored");
  LogReasons(checkpoint.file->unsupported(), "could not read");
  if (model_given) return;
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
