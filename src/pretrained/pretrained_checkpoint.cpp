#include "wsel/pretrained/pretrained_checkpoint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <map>
#include <unordered_set>

#include "family_hint.h"
#include "module_attributes.h"
#include "named_model.h"
#include "nearest_model.h"
#include "part_of_model.h"
#include "tower_pooling.h"
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
  hints.activation = pretrained_cfg.activation;
  hints.no_final_norm = pretrained_cfg.no_final_norm;
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

template <typename T>
void Replace(std::optional<T>& value, const std::optional<T>& by) {
  if (by) value = by;
}

void Replace(model::Hints& hints, const model::Hints& by) {
  Replace(hints.norm_eps, by.norm_eps);
  Replace(hints.activation, by.activation);
  Replace(hints.num_heads, by.num_heads);
  Replace(hints.pooling, by.pooling);
  Replace(hints.img_size, by.img_size);
}

template <typename T>
std::optional<T> ValueOf(const std::optional<Stated<T>>& stated) {
  return stated ? std::optional(stated->value) : std::nullopt;
}

// Leaves out heads that do not divide the width.
void CheckHeadsBeside(const model::Config& config, Beside& beside) {
  const int64_t width = NumFeatures(config);
  if (!beside.num_heads ||
      (beside.num_heads->value > 0 && width % beside.num_heads->value == 0)) {
    return;
  }
  beside.remarks.push_back(fmt::format(
      "{} says {} heads, which do not divide the width {}; it is not used",
      beside.num_heads->file, beside.num_heads->value, width));
  beside.num_heads.reset();
}

// What a neighbour states of the model.
model::Hints HintsOf(const Beside& beside) {
  return {.norm_eps = ValueOf(beside.norm_eps),
          .activation = ValueOf(beside.activation),
          .num_heads = ValueOf(beside.num_heads),
          .pooling = ValueOf(beside.pooling),
          .img_size = ValueOf(beside.img_size)};
}

// What is known, of which the later ones count: the library, a neighbour, the
// module in the file, the user.
model::Hints AllHints(const PretrainedCheckpoint& checkpoint,
                      const model::Hints& beside, int64_t num_heads) {
  model::Hints hints = HintsOf(checkpoint.remapped.pretrained_cfg);
  // A file's shapes show heads, rather than its library.
  const auto shown = hints.num_heads;
  Replace(hints, beside);
  Replace(hints.num_heads, shown);
  Replace(hints, checkpoint.stated);
  if (num_heads > 0) hints.num_heads = num_heads;
  return hints;
}

// Adds what lies beside the file, if it is of the detected model.
void AddBeside(PretrainedCheckpoint& checkpoint, int64_t num_heads) {
  Beside& beside = checkpoint.beside;
  CheckBeside(checkpoint.model->config, beside);
  UseTowerPooling(checkpoint);
  UsePublished(checkpoint);
  CheckHeadsBeside(checkpoint.model->config, beside);
  const model::Hints& stated = checkpoint.stated;
  if (beside.norm_eps || beside.activation || stated.norm_eps ||
      stated.activation) {
    DropWarnings(checkpoint.remapped, "which config.json may override");
  }
  if (beside.activation || stated.activation) {
    DropWarnings(checkpoint.remapped, "exact GELU, as in open_clip's");
    DropWarnings(checkpoint.remapped, "QuickGELU, as matrices are");
  }
  if (beside.tower_pooling) {
    DropWarnings(checkpoint.remapped, "averaged, then normalised, as in CLIPA");
  }
  checkpoint.model =
      model::Detect(*checkpoint.remapped.tensors,
                    AllHints(checkpoint, HintsOf(beside), num_heads));
  TakePublishedConfig(checkpoint);
}

// Activations that only some architectures have.
void RequireActivation(const PretrainedCheckpoint& checkpoint) {
  if (!checkpoint.model) return;
  model::Config config = checkpoint.model->config;
  const auto& activation = checkpoint.beside.activation;
  if (!activation || FieldsOf(config).activation != nullptr ||
      activation->value == model::Activation::kGelu) {
    return;
  }
  throw Error(ErrorKind::kMismatch, "",
              "{}: its activation is not supported in a {}", activation->file,
              ArchitectureName(config));
}

void SetUnsupported(PretrainedCheckpoint& checkpoint,
                    const std::vector<std::string>& reasons) {
  if (reasons.empty() || !checkpoint.model) return;
  checkpoint.model.reset();
  checkpoint.unsupported_reason =
      fmt::format("{}; `model` or `teacher_model` can say what it is to be",
                  fmt::join(reasons, "; "));
}

// Tensors that are missing or unexpected because the published model of that
// name has a form that is not supported.
void CheckFormsByName(PretrainedCheckpoint& checkpoint) {
  if (!checkpoint.model) return;
  if (MissingKeys(checkpoint).empty() &&
      checkpoint.remapped.unexpected.empty()) {
    return;
  }
  const std::string reason = ReasonByName(checkpoint);
  if (reason.empty()) return;
  SetUnsupported(checkpoint, {reason + ", which is not supported"});
}

// Sets the model or, if names, shapes, the module in the file or a neighbour
// show that it is unsupported, why.
void DetectModel(PretrainedCheckpoint& checkpoint, int64_t num_heads) {
  const ModuleAttributes attributes =
      AttributesOf(*checkpoint.file, checkpoint.remapped);
  checkpoint.stated = attributes.hints;
  // Whether what lies beside the file is of its model shows its width, which
  // positions in a grid that is not square must not hide.
  const model::Hints size = {.img_size = ValueOf(checkpoint.beside.img_size)};
  try {
    checkpoint.model = model::Detect(*checkpoint.remapped.tensors,
                                     AllHints(checkpoint, size, num_heads));
    if (checkpoint.model) AddBeside(checkpoint, num_heads);
    SetUnsupported(checkpoint, attributes.unsupported);
    SetUnsupported(checkpoint, checkpoint.beside.unsupported);
    RequireActivation(checkpoint);
    CheckLookAlikes(checkpoint);
    CheckFormsByName(checkpoint);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kMismatch) throw;
    checkpoint.model.reset();
    const std::string by_name = ReasonByName(checkpoint);
    checkpoint.unsupported_reason =
        by_name.empty() ? e.what() : fmt::format("{} ({})", e.what(), by_name);
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
  spdlog::warn("{}: has {} attention heads; num_heads {} is not used",
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
                "{}; see wsel inspect for the other tensors{}", first.reason,
                FamilyHint(*checkpoint.file));
  }
  RequireReadable(checkpoint);
}

const model::Detection& RequireModel(const PretrainedCheckpoint& checkpoint) {
  const std::string path = checkpoint.file->path().string();
  RequireReadable(checkpoint);
  if (!checkpoint.unsupported_reason.empty()) {
    throw Error(ErrorKind::kMismatch, path, "{}{}",
                checkpoint.unsupported_reason, FamilyHint(*checkpoint.file));
  }
  if (!checkpoint.model) {
    const std::string shipped = FamilyHint(*checkpoint.file);
    throw Error(ErrorKind::kMismatch, path,
                "{}; wsel inspect lists its tensors{}", WhyUnknown(checkpoint),
                shipped.empty() ? ", and wsel init --family selects from other "
                                  "architectures (docs/families.md)"
                                : shipped);
  }
  RequireSupportedKeys(checkpoint);
  return *checkpoint.model;
}

std::string WhyUnknown(const PretrainedCheckpoint& checkpoint) {
  if (!checkpoint.unsupported_reason.empty()) {
    return checkpoint.unsupported_reason;
  }
  std::string text = "is not a ViT or ConvNeXt under known tensor names";
  const std::string nearest = DescribeNearestModel(*checkpoint.file);
  if (!nearest.empty()) text += ": " + nearest;
  return text;
}

void RequireKnownHeads(const PretrainedCheckpoint& checkpoint) {
  if (!checkpoint.model || checkpoint.model->knows_heads) return;
  throw Error(ErrorKind::kMismatch, checkpoint.file->path().string(),
              "several numbers of heads divide its width, {}, and nothing says "
              "which it has; give it by `num_heads` or `model`, for a teacher "
              "by `teacher_model`, teacher.num_heads or teacher.model",
              NumFeatures(checkpoint.model->config));
}

std::vector<std::string> MissingKeys(const PretrainedCheckpoint& checkpoint) {
  if (!checkpoint.model) return {};
  return MissingKeys(checkpoint, checkpoint.model->config);
}

std::vector<std::string> MissingKeys(const PretrainedCheckpoint& checkpoint,
                                     const model::Config& config) {
  std::vector<std::string> missing;
  for (const auto& tensor : ParameterSpecs(config)) {
    const TensorSpec* found =
        checkpoint.remapped.tensors->Find(tensor.spec.name);
    if (found == nullptr || !Fits(found->shape, tensor.spec.shape)) {
      missing.push_back(tensor.spec.name);
    }
  }
  return missing;
}

void RequireAllKeys(const PretrainedCheckpoint& checkpoint,
                    const model::Config& config) {
  const auto missing = MissingKeys(checkpoint, config);
  if (missing.empty()) return;
  throw Error(ErrorKind::kMismatch, missing.front(),
              "missing key: {} lacks it or has it in another shape",
              checkpoint.file->path().string());
}

std::string DescribeCopy(const naming::RemappedStateDict& remapped) {
  if (remapped.other_copies.empty()) {
    return remapped.prefix.empty()
               ? ""
               : fmt::format("the weights under '{}'", remapped.prefix);
  }
  return fmt::format(
      "the weights under '{}', not those under '{}' (checkpoint_key or "
      "no_ema chooses)",
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
  for (const auto& tensor : ParameterSpecs(config)) {
    names.insert(tensor.spec.name);
  }
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
  const std::string name = std::filesystem::path(path).stem().string();
  const auto published = FindPublished(name);
  if (auto config = published ? published->model->Config() : std::nullopt) {
    if (published->tag != nullptr) {
      SetNumClasses(*config, published->tag->num_classes);
    }
    return config;
  }
  try {
    return model::FindVariant(name).config;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace wsel::pretrained
