#include "wsel/session/conversion.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>

#include "hub_files.h"
#include "wsel/checkpoint/writer.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/core/same_file.h"
#include "wsel/core/text_file.h"
#include "wsel/naming/export.h"
#include "wsel/pretrained/classes.h"
#include "wsel/pretrained/facts.h"
#include "wsel/pretrained/provenance.h"
#include "wsel/tensor/cast.h"
#include "wsel/tensor/view_shape.h"

namespace wsel::session {
namespace {

constexpr std::array<Registered<DType>, 4> kCastDTypes = {{
    {DType::kF32, "float32", "IEEE, 24 bits of precision"},
    {DType::kF16, "float16", "IEEE, 11 bits, up to 65504"},
    {DType::kBF16, "bfloat16", "8 bits, float32's range"},
    {DType::kF64, "float64", "IEEE, 53 bits"},
}};
constexpr Registry<DType> kCastDTypeNames("dtype", kCastDTypes);

}  // namespace

using pretrained::PretrainedCheckpoint;

const Registry<DType>& CastDTypes() { return kCastDTypeNames; }

Conversion::Conversion(const PretrainedCheckpoint& checkpoint,
                       const ConversionOptions& options)
    : checkpoint_(checkpoint),
      facts_(FactsOf(checkpoint, {.model = options.model})) {
  if (options.model) {
    RequireNoUnexpectedKeys(checkpoint, model());
  } else {
    RequireKnownHeads(checkpoint);
  }
  RequireAllKeys(checkpoint, model());
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
  auto metadata = ProvenanceOf(checkpoint_, facts_, command);
  metadata["format"] = "pt";  // required by Hugging Face's readers
  // Renamed once the weights are written: a full disk leaves none of them.
  std::vector<std::unique_ptr<AtomicFile>> beside;
  for (const auto& [name, text] : hub_files_) {
    beside.push_back(std::make_unique<AtomicFile>(output.parent_path() / name));
    beside.back()->Write(text);
  }
  TensorView current;  // owns the bytes of the tensor being written
  checkpoint::Write(
      output, specs_,
      [&](size_t i) {
        const TensorView view = renamed_->View(specs_[i].name);
        current = Contiguous(Cast(view, specs_[i].dtype));
        return current.bytes;
      },
      metadata);
  for (const auto& file : beside) file->Commit();
}

void CheckConversion(const std::string& input, const std::string& output,
                     const ConversionOptions& options) {
  if (input.empty() || output.empty()) {
    throw Error(ErrorKind::kUsage, input.empty() ? "IN" : "OUT",
                "is missing: wsel convert IN OUT");
  }
  const auto extension = std::filesystem::path(output).extension();
  constexpr std::array kKnown = {".safetensors", ".pth", ".pt", ".bin"};
  if (std::ranges::find(kKnown, extension) == kKnown.end()) {
    throw Error(
        ErrorKind::kUsage, output,
        "has an unknown extension; use .safetensors, .pth, .pt or .bin");
  }
  if (options.hub && options.naming != naming::Naming::kTimm) {
    throw Error(ErrorKind::kUsage, "hub",
                "is for `naming` timm; hf always writes its files");
  }
  if (SameFile(input, output)) {
    throw Error(ErrorKind::kUsage, output,
                "is also the input; choose another output");
  }
}

}  // namespace wsel::session
