#include "wsel/session/conversion.h"

#include <spdlog/spdlog.h>

#include "hub_files.h"
#include "wsel/checkpoint/writer.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/core/escape_text.h"
#include "wsel/core/sha256.h"
#include "wsel/core/text_file.h"
#include "wsel/core/version.h"
#include "wsel/model/config_json.h"
#include "wsel/naming/export.h"
#include "wsel/pretrained/classes.h"
#include "wsel/pretrained/facts.h"
#include "wsel/run/metadata_keys.h"
#include "wsel/tensor/cast.h"
#include "wsel/tensor/view_shape.h"

namespace wsel::session {
namespace {

using pretrained::PretrainedCheckpoint;

void CheckComplete(const PretrainedCheckpoint& checkpoint,
                   const model::Config& config) {
  const auto missing = MissingKeys(checkpoint, config);
  if (missing.empty()) return;
  throw Error(ErrorKind::kMismatch, missing.front(),
              "missing key: {} lacks it or has it in another shape",
              checkpoint.file->path().string());
}

// Keeps the file's provenance, and adds the conversion.
std::map<std::string, std::string> MetadataOf(
    const PretrainedCheckpoint& checkpoint, const model::Config& config,
    const std::string& command) {
  std::map<std::string, std::string> metadata;
  const checkpoint::Checkpoint& file = *checkpoint.file;
  for (const auto& [key, value] : file.metadata()) {
    if (key.starts_with("wsel.")) metadata[key] = value;
  }
  AddMeanStd(checkpoint, metadata);
  AddClassNames(checkpoint, metadata);
  metadata["format"] = "pt";  // required by Hugging Face's readers
  metadata[run::kVersionKey] = std::string(Version());
  metadata[run::kCommandKey] = command;
  metadata[run::kModelKey] = model::ToJson(config);
  metadata[run::kConvertedFileKey] =
      EscapeInvalidUtf8(file.path().filename().string());
  metadata[run::kConvertedSizeKey] = std::to_string(file.file_size());
  metadata[run::kConvertedDigestKey] = Sha256OfFile(file.path());
  metadata[run::kConvertedNamesKey] = checkpoint.remapped.source;
  return metadata;
}

}  // namespace

Conversion::Conversion(const PretrainedCheckpoint& checkpoint,
                       const ConversionOptions& options)
    : checkpoint_(checkpoint),
      facts_(FactsOf(checkpoint, {.model = options.model})) {
  if (options.model) {
    RequireNoUnexpectedKeys(checkpoint, model());
  } else {
    RequireKnownHeads(checkpoint);
  }
  CheckComplete(checkpoint, model());
  const naming::Naming naming = options.naming;
  renamed_ = naming::Export(*checkpoint.remapped.tensors, naming);
  naming::RequireExportable(model(), naming);
  for (const auto& clause : naming::DifferencesOnceExported(model(), naming)) {
    spdlog::warn("the weights were trained with {} as in the {} model", clause,
                 naming::Namings().NameOf(naming));
  }
  specs_ = renamed_->Specs();
  for (TensorSpec& spec : specs_) {
    spec.dtype = options.dtype.value_or(spec.dtype);
  }
  if (naming != naming::Naming::kHuggingFace && !options.hub) return;
  hub_files_ = HubFiles(facts_, ClassNamesOf(checkpoint).names, naming);
  LogFacts(facts_, checkpoint.file->path().string());
}

void Conversion::CheckOutput(const std::filesystem::path& output) const {
  for (const auto& [name, text] : hub_files_) {
    const auto path = output.parent_path() / name;
    if (!std::filesystem::exists(path) || ReadText(path) == text) continue;
    throw Error(ErrorKind::kUsage, path.string(),
                "already exists for another model; write to another folder");
  }
}

void Conversion::Write(const std::filesystem::path& output,
                       const std::string& command) const {
  TensorView current;  // owns the bytes of the tensor being written
  checkpoint::Write(
      output, specs_,
      [&](size_t i) {
        const TensorView view = renamed_->View(specs_[i].name);
        current = Contiguous(Cast(view, specs_[i].dtype));
        return current.bytes;
      },
      MetadataOf(checkpoint_, model(), command));
  for (const auto& [name, text] : hub_files_) {
    WriteTextFile(output.parent_path() / name, text);
  }
}

}  // namespace wsel::session
