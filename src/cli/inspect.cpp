#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "commands.h"
#include "options.h"
#include "wsel/core/dump_json.h"
#include "wsel/core/error.h"
#include "wsel/model/config_json.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/pretrained/facts.h"
#include "wsel/pretrained/pretrained_checkpoint.h"
#include "wsel/run/metadata_keys.h"
#include "wsel/tensor/statistics.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;
using pretrained::PretrainedCheckpoint;

struct InspectArgs {
  std::string file;
  naming::CopyChoice copy;
  bool stats = false;
  bool json = false;
};

// Whether this is a whole model under unambiguous names.
bool IsCertain(const PretrainedCheckpoint& checkpoint) {
  return checkpoint.remapped.IsCertain() && checkpoint.model &&
         MissingKeys(checkpoint).empty();
}

void PrintSource(const PretrainedCheckpoint& checkpoint) {
  const naming::RemappedStateDict& remapped = checkpoint.remapped;
  if (remapped.source.empty()) return;
  fmt::print("names      {}, {}\n", remapped.source,
             IsCertain(checkpoint) ? "certain" : "likely");
  if (const auto copy = pretrained::DescribeCopy(remapped); !copy.empty()) {
    fmt::print("weights    {}\n", copy);
  }
  for (const std::string& warning : remapped.warnings) {
    fmt::print("assumed    {}\n", warning);
  }
}

void PrintModel(const PretrainedCheckpoint& checkpoint,
                const CLI::App& command) {
  if (!checkpoint.model) {
    fmt::print("model      unknown: {}\n",
               WithOptions(WhyUnknown(checkpoint), command));
    return;
  }
  const model::Config& config = checkpoint.model->config;
  fmt::print("model      {}\n           {}\n           {:.3f} M parameters\n",
             NameOf(config), Describe(config),
             static_cast<double>(ParameterCount(config)) * 1e-6);
  for (const std::string& assumption : checkpoint.model->assumptions) {
    fmt::print("assumed    {}\n", assumption);
  }
}

// What running the model needs beside the weights, if it can be run.
std::optional<pretrained::Facts> KnownFacts(
    const PretrainedCheckpoint& checkpoint) {
  if (!checkpoint.model) return std::nullopt;
  try {
    return FactsOf(checkpoint);
  } catch (const Error&) {
    return std::nullopt;  // the load report, or the metadata, shows why
  }
}

void PrintFacts(const PretrainedCheckpoint& checkpoint) {
  const auto facts = KnownFacts(checkpoint);
  if (!facts) return;
  fmt::print("facts      {}\n", Describe(*facts));
  for (const std::string& remark : facts->remarks) {
    fmt::print("remark     {}\n", remark);
  }
}

// Counts of used and ignored tensors, one line per reason with an example;
// unexpected and missing ones by name.
void PrintLoadReport(const PretrainedCheckpoint& checkpoint) {
  const naming::RemappedStateDict& remapped = checkpoint.remapped;
  if (remapped.source.empty()) return;
  fmt::print("used       {} tensors\n", remapped.used.size());
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const naming::UnusedKey& key : remapped.ignored) {
    by_reason[key.reason].push_back(key.name);
  }
  for (const auto& [reason, names] : by_reason) {
    fmt::print(
        "ignored    {}{}: {}\n", names.front(),
        names.size() == 1 ? "" : fmt::format(" and {} more", names.size() - 1),
        reason);
  }
  for (const naming::UnusedKey& key : remapped.unexpected) {
    fmt::print("unexpected {}: {}\n", key.name, key.reason);
  }
  for (const std::string& name : MissingKeys(checkpoint)) {
    fmt::print("missing    {}\n", name);
  }
}

void PrintTensors(const TensorSource& file,
                  const std::vector<Statistics>& stats) {
  size_t width = 0;
  for (const TensorSpec& spec : file.Specs()) {
    width = std::max(width, spec.name.size());
  }
  fmt::print("tensors\n");
  for (size_t i = 0; i < file.Specs().size(); ++i) {
    const TensorSpec& spec = file.Specs()[i];
    fmt::print("  {:{}}  {:8}  {}", spec.name, width, Name(spec.dtype),
               FormatShape(spec.shape));
    if (!stats.empty()) {
      const Statistics& s = stats[i];
      fmt::print("  min {:.4g}  max {:.4g}  mean {:.4g}  std {:.4g}  NaN {}",
                 s.min, s.max, s.mean, s.std, s.nan_count);
    }
    fmt::print("\n");
  }
}

void PrintText(const PretrainedCheckpoint& checkpoint,
               const std::vector<Statistics>& stats, const CLI::App& command) {
  const checkpoint::Checkpoint& file = *checkpoint.file;
  fmt::print("file       {}\ncontainer  {}, {:.1f} MB, {} tensors\n",
             file.path().string(), Name(file.container()),
             static_cast<double>(file.file_size()) * 1e-6, file.Specs().size());
  PrintSource(checkpoint);
  PrintModel(checkpoint, command);
  PrintFacts(checkpoint);
  PrintLoadReport(checkpoint);
  for (const auto& [name, reason] : file.unsupported()) {
    fmt::print("unsupported {}: {}\n", name, reason);
  }
  for (const auto& [key, value] : file.metadata()) {
    if (key != run::kModelKey) fmt::print("metadata   {}: {}\n", key, value);
  }
  PrintTensors(file, stats);
}

// {name: reason} of tensors that are not used.
template <typename Tensors>
Json ReasonsJson(const Tensors& tensors) {
  Json json = Json::object();
  for (const auto& [name, reason] : tensors) json[name] = reason;
  return json;
}

Json NamesJson(const PretrainedCheckpoint& checkpoint) {
  const naming::RemappedStateDict& remapped = checkpoint.remapped;
  if (remapped.source.empty()) return nullptr;
  Json used = Json::object();
  for (const naming::UsedKey& key : remapped.used) used[key.name] = key.timm;
  return {{"source", remapped.source},
          {"certain", IsCertain(checkpoint)},
          {"other_copies", remapped.other_copies},
          {"warnings", remapped.warnings},
          {"used", used},
          {"ignored", ReasonsJson(remapped.ignored)},
          {"unexpected", ReasonsJson(remapped.unexpected)}};
}

Json AsJson(const PretrainedCheckpoint& checkpoint,
            const std::vector<Statistics>& stats, const CLI::App& command) {
  const checkpoint::Checkpoint& file = *checkpoint.file;
  Json json = {{"file", file.path().string()},
               {"container", Name(file.container())},
               {"size", file.file_size()},
               {"prefix", checkpoint.remapped.prefix},
               {"names", NamesJson(checkpoint)},
               {"model", nullptr},
               {"metadata", file.metadata()},
               {"unsupported", ReasonsJson(file.unsupported())},
               {"tensors", Json::array()}};
  if (checkpoint.model) {
    const model::Config& config = checkpoint.model->config;
    json["model"] = Json::parse(model::ToJson(config));
    json["parameters"] = ParameterCount(config);
    json["assumptions"] = checkpoint.model->assumptions;
    json["missing"] = MissingKeys(checkpoint);
    if (const auto facts = KnownFacts(checkpoint)) {
      json["facts"] = ToJson(*facts);
      json["remarks"] = facts->remarks;
    }
  } else {
    json["unsupported_reason"] = WithOptions(WhyUnknown(checkpoint), command);
  }
  for (size_t i = 0; i < file.Specs().size(); ++i) {
    const TensorSpec& spec = file.Specs()[i];
    Json& tensor = json["tensors"].emplace_back();
    tensor = {{"name", spec.name},
              {"dtype", Name(spec.dtype)},
              {"shape", spec.shape}};
    if (stats.empty()) continue;
    const Statistics& s = stats[i];
    tensor["stats"] = {{"min", s.min},
                       {"max", s.max},
                       {"mean", s.mean},
                       {"std", s.std},
                       {"nan_count", s.nan_count}};
  }
  return json;
}

void RunInspect(const InspectArgs& args, const CLI::App& command) {
  if (args.file.empty()) {
    throw Error(ErrorKind::kUsage, "FILE", "is missing: the checkpoint");
  }
  const PretrainedCheckpoint checkpoint =
      pretrained::Open(args.file, args.copy);
  const auto stats = args.stats ? AllStatisticsOf(*checkpoint.file)
                                : std::vector<Statistics>();
  if (args.json) {
    fmt::print("{}\n", DumpJson(AsJson(checkpoint, stats, command), 1));
  } else {
    PrintText(checkpoint, stats, command);
  }
}

}  // namespace

void AddInspect(CLI::App& app, const Invocation&) {
  const auto args = std::make_shared<InspectArgs>();
  CLI::App* c = app.add_subcommand(
      "inspect",
      "Print a checkpoint's container, source library, model and tensors");
  c->add_option("FILE", args->file,
                "Checkpoint: safetensors, PyTorch, TorchScript or .npz");
  AddCopyChoice(*c, args->copy);
  c->add_flag("--stats", args->stats,
              "Add min, max, mean, std and NaN count of each tensor");
  AddJson(*c, args->json);
  c->callback([args, c] { RunInspect(*args, *c); });
}

}  // namespace wsel::cli
