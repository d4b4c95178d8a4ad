#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "commands.h"
#include "load_report.h"
#include "pretrained.h"
#include "wsel/checkpoint/writer.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/core/sha256.h"
#include "wsel/core/text_file.h"
#include "wsel/core/version.h"
#include "wsel/model/config_json.h"
#include "wsel/naming/export.h"
#include "wsel/tensor/cast.h"
#include "wsel/tensor/view_shape.h"

namespace wsel::cli {
namespace {

using Metadata = std::map<std::string, std::string>;

struct ConvertArgs {
  std::string input;
  std::string output;
  std::string naming = "timm";
  std::string dtype;
  bool json = false;
};

constexpr std::array<Registered<DType>, 4> kDTypes = {{
    {DType::kF32, "float32", "IEEE, 24 bits of precision"},
    {DType::kF16, "float16", "IEEE, 11 bits, up to 65504"},
    {DType::kBF16, "bfloat16", "8 bits, float32's range"},
    {DType::kF64, "float64", "IEEE, 53 bits"},
}};
constexpr Registry<DType> kDTypeNames("dtype", kDTypes);

void CheckConvertArgs(const ConvertArgs& args) {
  if (args.input.empty() || args.output.empty()) {
    throw Error(ErrorKind::kUsage, args.input.empty() ? "IN" : "OUT",
                "is missing: wsel convert IN OUT");
  }
  const auto extension = std::filesystem::path(args.output).extension();
  constexpr std::array kKnown = {".safetensors", ".pth", ".pt", ".bin"};
  if (std::ranges::find(kKnown, extension) == kKnown.end()) {
    throw Error(ErrorKind::kUsage, args.output,
                "has an unknown extension; use .safetensors, .pth, .pt or "
                ".bin");
  }
  std::error_code ignored;
  if (std::filesystem::equivalent(args.input, args.output, ignored)) {
    throw Error(ErrorKind::kUsage, args.output,
                "is also the input; choose another output");
  }
}

void CheckComplete(const PretrainedCheckpoint& pretrained) {
  const auto missing = MissingKeys(pretrained);
  if (missing.empty()) return;
  throw Error(ErrorKind::kMismatch, missing.front(),
              fmt::format("missing key: {} lacks it or has it in another shape",
                          pretrained.file->path().string()));
}

// The config.json that from_pretrained expects beside the weights.
struct Companion {
  std::filesystem::path path;
  std::string text;
};

// An existing file with another content belongs to another model, and is kept.
std::optional<Companion> CompanionOf(const ConvertArgs& args,
                                     const model::Config& config,
                                     naming::Naming naming) {
  if (naming != naming::Naming::kHuggingFace) return std::nullopt;
  const auto path =
      std::filesystem::path(args.output).replace_filename("config.json");
  const std::string text = naming::HfConfig(config);
  if (std::filesystem::exists(path) && ReadText(path) != text) {
    throw Error(ErrorKind::kUsage, path.string(),
                "already exists for another model; write to another folder");
  }
  return Companion{path, text};
}

// Keeps the file's provenance, and adds the conversion.
Metadata MetadataOf(const PretrainedCheckpoint& pretrained,
                    const Invocation& invocation) {
  Metadata metadata;
  const checkpoint::Checkpoint& file = *pretrained.file;
  for (const auto& [key, value] : file.metadata()) {
    if (key.starts_with("wsel.")) metadata[key] = value;
  }
  for (const char* key : {kMeanKey, kStdKey}) {
    if (const auto value = PretrainedMeanOrStd(pretrained, key))
      metadata[key] = *value;
  }
  metadata["format"] = "pt";  // required by Hugging Face's readers
  metadata[run::kVersionKey] = std::string(Version());
  metadata[run::kCommandKey] = invocation.command;
  metadata[kModelKey] = model::ToJson(RequireModel(pretrained).config);
  metadata[run::kConvertedFileKey] = file.path().filename().string();
  metadata[run::kConvertedSizeKey] = std::to_string(file.file_size());
  metadata[run::kConvertedDigestKey] = Sha256OfFile(file.path());
  metadata[run::kConvertedNamesKey] = pretrained.remapped.source;
  return metadata;
}

std::vector<TensorSpec> SpecsIn(const TensorSource& tensors,
                                std::optional<DType> dtype) {
  std::vector<TensorSpec> specs = tensors.Specs();
  for (TensorSpec& spec : specs) spec.dtype = dtype.value_or(spec.dtype);
  return specs;
}

// Open, rename, cast, write.
void RunConvert(const ConvertArgs& args, const Invocation& invocation) {
  CheckConvertArgs(args);
  const auto naming = naming::Namings().Find(args.naming, "--naming");
  std::optional<DType> dtype;
  if (!args.dtype.empty()) dtype = kDTypeNames.Find(args.dtype, "--dtype");
  const PretrainedCheckpoint pretrained = OpenPretrained(args.input);
  const model::Config& config = RequireModel(pretrained).config;
  CheckComplete(pretrained);
  const auto renamed = naming::Export(*pretrained.remapped.tensors, naming);
  naming::RequireExportable(config, naming);
  for (const auto& clause : naming::DifferencesOnceExported(config, naming)) {
    spdlog::warn("the weights were trained with {} as in the {} model", clause,
                 args.naming);
  }
  const auto companion = CompanionOf(args, config, naming);
  LogLoadReport(pretrained);

  const auto specs = SpecsIn(*renamed, dtype);
  TensorView current;  // owns the bytes of the tensor being written
  checkpoint::Write(
      args.output, specs,
      [&](size_t i) {
        const TensorView view = renamed->View(specs[i].name);
        current = Contiguous(Cast(view, specs[i].dtype));
        return current.bytes;
      },
      MetadataOf(pretrained, invocation));
  if (companion) WriteTextFile(companion->path, companion->text);
  if (args.json) {
    fmt::print("{}\n", nlohmann::ordered_json(
                           {{"output", args.output},
                            {"size", std::filesystem::file_size(args.output)},
                            {"from", pretrained.remapped.source},
                            {"naming", args.naming},
                            {"tensors", specs.size()},
                            {"ignored", pretrained.remapped.ignored.size()},
                            {"model", NameOf(config)}})
                           .dump());
    return;
  }
  fmt::print("{}: {} tensors of {}, names converted from {} to {}\n",
             args.output, specs.size(), NameOf(config),
             pretrained.remapped.source, args.naming);
}

}  // namespace

void AddConvert(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<ConvertArgs>();
  CLI::App* c = app.add_subcommand(
      "convert", "Convert a checkpoint to another container, naming or dtype");
  c->add_option("IN", args->input,
                "Input checkpoint, of any kind that wsel inspect reads");
  c->add_option("OUT", args->output,
                "Output file: .safetensors, or .pth, .pt or .bin for "
                "torch.load(weights_only=True)");
  c->add_option("--naming", args->naming,
                "Tensor names to write: " + naming::Namings().Choices() +
                    "; hf also writes config.json beside the file")
      ->capture_default_str();
  c->add_option(
      "--dtype", args->dtype,
      "Data type to cast to: " + kDTypeNames.Choices() + "; default: no cast");
  c->add_flag("--json", args->json, "Print the result as JSON");
  c->callback([args, &invocation] { RunConvert(*args, invocation); });
}

}  // namespace wsel::cli
