#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "wsel/checkpoint/writer.h"
#include "wsel/cli/account.h"
#include "wsel/cli/commands.h"
#include "wsel/cli/foreign_model.h"
#include "wsel/cli/hf_config.h"
#include "wsel/cli/weights.h"
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
                "does not say its container: end its name in .safetensors, "
                ".pth, .pt or .bin");
  }
  std::error_code ignored;
  if (std::filesystem::equivalent(args.input, args.output, ignored)) {
    throw Error(ErrorKind::kUsage, args.output,
                "is the file to convert; the output needs another name");
  }
}

void CheckComplete(const Weights& weights) {
  const auto missing = MissingTensors(weights);
  if (missing.empty()) return;
  throw Error(ErrorKind::kMismatch, missing.front(),
              fmt::format("is missing from {}, or has another shape",
                          weights.file->path().string()));
}

// The configuration that goes with a file under Hugging Face's names, and where
// from_pretrained looks for it.
struct Companion {
  std::filesystem::path path;
  std::string text;
};

// One that says something else belongs to another model: it stays.
std::optional<Companion> CompanionOf(const ConvertArgs& args,
                                     const model::Config& config,
                                     naming::Naming naming) {
  if (naming != naming::Naming::kHuggingFace) return std::nullopt;
  const auto path =
      std::filesystem::path(args.output).replace_filename("config.json");
  const std::string text = HfConfig(config);
  if (std::filesystem::exists(path) && ReadText(path) != text) {
    throw Error(ErrorKind::kUsage, path.string(),
                "is there already and is of another model; write into a folder "
                "of its own");
  }
  return Companion{path, text};
}

// Keeps what the file says of its own making, and adds where it comes from.
Metadata MetadataOf(const Weights& weights, const Invocation& invocation) {
  Metadata metadata;
  const checkpoint::Checkpoint& file = *weights.file;
  for (const auto& [key, value] : file.metadata()) {
    if (key.starts_with("wsel.")) metadata[key] = value;
  }
  for (const char* key : {kMeanKey, kStdKey}) {
    if (const auto value = PicturesOf(weights, key)) metadata[key] = *value;
  }
  metadata["format"] = "pt";  // what Hugging Face's readers look for
  metadata["wsel.version"] = std::string(Version());
  metadata["wsel.command"] = invocation.command;
  metadata[kModelKey] = model::ToJson(RequireModel(weights).config);
  metadata["wsel.converted.file"] = file.path().filename().string();
  metadata["wsel.converted.size"] = std::to_string(file.file_size());
  metadata["wsel.converted.sha256"] = Sha256OfFile(file.path());
  metadata["wsel.converted.names"] = weights.adapted.source;
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
  const Weights weights = OpenWeights(args.input);
  const model::Config& config = RequireModel(weights).config;
  CheckComplete(weights);
  const auto renamed = naming::Export(*weights.adapted.tensors, naming);
  RequireForeignModel(config, naming);
  const auto companion = CompanionOf(args, config, naming);
  LogAccount(weights);

  const auto specs = SpecsIn(*renamed, dtype);
  TensorView current;  // keeps the bytes of the tensor that is being written
  checkpoint::Write(
      args.output, specs,
      [&](size_t i) {
        const TensorView view = renamed->View(specs[i].name);
        current = InOrder(Cast(view, specs[i].dtype));
        return current.bytes;
      },
      MetadataOf(weights, invocation));
  if (companion) WriteTextFile(companion->path, companion->text);
  if (args.json) {
    fmt::print("{}\n", nlohmann::ordered_json(
                           {{"output", args.output},
                            {"size", std::filesystem::file_size(args.output)},
                            {"from", weights.adapted.source},
                            {"naming", args.naming},
                            {"tensors", specs.size()},
                            {"ignored", weights.adapted.ignored.size()},
                            {"model", NameOf(config)}})
                           .dump());
    return;
  }
  fmt::print("{}: {} tensors of {} under {}'s names, from {}'s\n", args.output,
             specs.size(), NameOf(config), args.naming, weights.adapted.source);
}

}  // namespace

void AddConvert(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<ConvertArgs>();
  CLI::App* c = app.add_subcommand(
      "convert", "Write a checkpoint in another container, naming or type");
  c->add_option("IN", args->input, "Checkpoint, as wsel inspect knows it");
  c->add_option("OUT", args->output,
                "Ends in .safetensors, or in .pth, .pt or .bin for "
                "torch.load(weights_only=True)");
  c->add_option("--naming", args->naming,
                naming::Namings().Choices() +
                    "; default timm. hf writes config.json beside the file");
  c->add_option("--dtype", args->dtype,
                kDTypeNames.Choices() + "; default: as they are");
  c->add_flag("--json", args->json, "Print the result as JSON");
  c->callback([args, &invocation] { RunConvert(*args, invocation); });
}

}  // namespace wsel::cli
