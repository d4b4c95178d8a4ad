#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "choice_option.h"
#include "commands.h"
#include "export_support.h"
#include "hf_config.h"
#include "wsel/checkpoint/writer.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/core/sha256.h"
#include "wsel/core/text_file.h"
#include "wsel/core/version.h"
#include "wsel/model/config_json.h"
#include "wsel/naming/export.h"
#include "wsel/pretrained/facts.h"
#include "wsel/pretrained/load_report.h"
#include "wsel/pretrained/metadata_keys.h"
#include "wsel/session/provenance.h"
#include "wsel/tensor/cast.h"
#include "wsel/tensor/view_shape.h"

namespace wsel::cli {
namespace {

using pretrained::PretrainedCheckpoint;

struct ConvertArgs {
  std::string input;
  std::string output;
  naming::Naming naming = naming::Naming::kTimm;
  std::optional<DType> dtype;
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

void CheckComplete(const PretrainedCheckpoint& checkpoint) {
  const auto missing = MissingKeys(checkpoint);
  if (missing.empty()) return;
  throw Error(ErrorKind::kMismatch, missing.front(),
              fmt::format("missing key: {} lacks it or has it in another shape",
                          checkpoint.file->path().string()));
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
  const std::string text = HfConfig(config);
  if (std::filesystem::exists(path) && ReadText(path) != text) {
    throw Error(ErrorKind::kUsage, path.string(),
                "already exists for another model; write to another folder");
  }
  return Companion{path, text};
}

// Keeps the file's provenance, and adds the conversion.
session::Metadata MetadataOf(const PretrainedCheckpoint& checkpoint,
                             const Invocation& invocation) {
  session::Metadata metadata;
  const checkpoint::Checkpoint& file = *checkpoint.file;
  for (const auto& [key, value] : file.metadata()) {
    if (key.starts_with("wsel.")) metadata[key] = value;
  }
  session::AddMeanStd(checkpoint, metadata);
  metadata["format"] = "pt";  // required by Hugging Face's readers
  metadata["wsel.version"] = std::string(Version());
  metadata["wsel.command"] = invocation.command;
  metadata[pretrained::kModelKey] =
      model::ToJson(RequireModel(checkpoint).config);
  metadata["wsel.converted.file"] = file.path().filename().string();
  metadata["wsel.converted.size"] = std::to_string(file.file_size());
  metadata["wsel.converted.sha256"] = Sha256OfFile(file.path());
  metadata["wsel.converted.names"] = checkpoint.remapped.source;
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
  const naming::Naming naming = args.naming;
  const PretrainedCheckpoint checkpoint = pretrained::Open(args.input);
  const model::Config& config = RequireModel(checkpoint).config;
  CheckComplete(checkpoint);
  const auto renamed = naming::Export(*checkpoint.remapped.tensors, naming);
  RequireExportable(config, naming);
  const auto companion = CompanionOf(args, config, naming);
  LogLoadReport(checkpoint);

  const auto specs = SpecsIn(*renamed, args.dtype);
  TensorView current;  // owns the bytes of the tensor being written
  checkpoint::Write(
      args.output, specs,
      [&](size_t i) {
        const TensorView view = renamed->View(specs[i].name);
        current = Contiguous(Cast(view, specs[i].dtype));
        return current.bytes;
      },
      MetadataOf(checkpoint, invocation));
  if (companion) WriteTextFile(companion->path, companion->text);
  if (args.json) {
    fmt::print("{}\n", nlohmann::ordered_json(
                           {{"output", args.output},
                            {"size", std::filesystem::file_size(args.output)},
                            {"from", checkpoint.remapped.source},
                            {"naming", naming::Namings().NameOf(naming)},
                            {"tensors", specs.size()},
                            {"ignored", checkpoint.remapped.ignored.size()},
                            {"model", NameOf(config)}})
                           .dump());
    return;
  }
  fmt::print("{}: {} tensors of {}, names converted from {} to {}\n",
             args.output, specs.size(), NameOf(config),
             checkpoint.remapped.source, naming::Namings().NameOf(naming));
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
  AddChoice(*c, "--naming", args->naming, naming::Namings(),
            "Tensor names to write: " + naming::Namings().Choices() +
                "; hf also writes config.json beside the file");
  AddChoice(
      *c, "--dtype", args->dtype, kDTypeNames,
      "Data type to cast to: " + kDTypeNames.Choices() + "; default: no cast");
  c->add_flag("--json", args->json, "Print the result as JSON");
  c->callback([args, &invocation] { RunConvert(*args, invocation); });
}

}  // namespace wsel::cli
